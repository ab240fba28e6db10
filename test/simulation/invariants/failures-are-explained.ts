/** failuresAreExplained: no attempt fails but by a fault that struck it, retried or not. */
import { type SimulationRun, toldEvents } from '../simulation-run.ts'

export function* failuresAreExplained(run: SimulationRun): Generator<string> {
  const { world } = run
  for (const event of toldEvents(run)) {
    if (event.type !== 'taskFailed' && event.type !== 'manifestFailed') continue
    const { stage, attempt, failure } = event
    const task = event.type === 'taskFailed' ? event.task : null
    if (world.faults.causes(failure.code, { stage, task, attempt }).length > 0) continue
    yield `attempt ${attempt} of ${stage}/${task ?? 'manifest'} failed for no reason: ${failure.code} ${failure.message}\n${failure.stack}`
  }
}

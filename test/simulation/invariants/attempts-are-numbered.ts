/** attemptsAreNumbered: no two launches of a driver have the number of one attempt. */
import type { SimulationRun } from '../simulation-run.ts'

export function* attemptsAreNumbered({ fleet }: SimulationRun): Generator<string> {
  const launched = new Set<string>()
  for (const event of fleet.launched) {
    const task = event.kind === 'task' ? event.task : 'manifest'
    const place = `${event.stage}/${task}/${event.attempt} of epoch ${event.epoch}`
    if (launched.has(place)) yield `attempt ${place} was launched twice`
    launched.add(place)
  }
}

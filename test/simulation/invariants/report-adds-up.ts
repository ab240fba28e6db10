/** reportAddsUp: the report of a job that succeeded says what happened. */
import { listedParts, outputSpaces, type SimulationRun } from '../simulation-run.ts'

export function* reportAddsUp(run: SimulationRun): Generator<string> {
  const { driver, fleet, workload } = run
  if (driver.outcome?.state !== 'succeeded') return
  const { report } = driver.outcome.job
  const launches = fleet.launched.filter(event => event.kind === 'task').length
  if (report.attempts !== launches)
    yield `the report has ${report.attempts} attempts, launched were ${launches}`
  const again = fleet.launched.filter(event => event.attempt > 1).length
  const retried = driver.events.filter(
    event => (event.type === 'taskFailed' || event.type === 'manifestFailed') && event.retryInMs !== null,
  ).length
  if (report.retries !== retried) yield `the report has ${report.retries} retries, decided were ${retried}`
  if (again > report.retries) yield `the report has ${report.retries} retries, launched were ${again}`
  const planned = workload.prepared.planned.plan.stages.reduce((sum, stage) => sum + stage.tasks, 0)
  if (report.tasks !== planned) yield `the report has ${report.tasks} tasks, planned are ${planned}`
  const directories = outputSpaces(run)
  if (report.outputs.length !== directories.length) yield `the report has ${report.outputs.length} outputs`
  for (const [i, { space }] of directories.entries()) {
    const parts = listedParts(space) ?? []
    const { parts: count, rows, bytes } = report.outputs[i] ?? { parts: -1, rows: -1, bytes: -1 }
    const sum = (of: 'rows' | 'bytes'): number => parts.reduce((total, part) => total + part[of], 0)
    if (count !== parts.length || rows !== sum('rows') || bytes !== sum('bytes')) {
      yield `the report says ${count} parts, ${rows} rows and ${bytes} bytes of ${space.uri}: ${JSON.stringify(parts)}`
    }
  }
}

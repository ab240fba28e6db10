/** reportAddsUp: the report of a job that succeeded says what happened. */
import type { JobReport } from '../../../src/events/job-event.ts'
import { appendNameOf } from '../../../src/sink/output-keys.ts'
import { listedParts, outputSpaces, type SimulationRun } from '../simulation-run.ts'
import { JOB } from '../workload.ts'

export function* reportAddsUp(run: SimulationRun): Generator<string> {
  const { drivers, end, workload } = run
  if (end?.report.state !== 'succeeded') return
  const { report } = end
  if (drivers.length === 1) yield* countsAreAll(run, report)
  const planned = workload.prepared.planned.plan.stages.reduce((sum, stage) => sum + stage.tasks, 0)
  if (report.tasks !== planned) yield `the report has ${report.tasks} tasks, planned are ${planned}`
  const written = outputSpaces(run)
  if (report.outputs.length !== written.length) yield `the report has ${report.outputs.length} outputs`
  for (const [i, { space, mode }] of written.entries()) {
    const all = listedParts(space) ?? []
    // An append lists what was there before, too.
    const parts = mode === 'append' ? all.filter(({ name }) => appendNameOf(name)?.job === JOB) : all
    const { parts: count, rows, bytes } = report.outputs[i] ?? { parts: -1, rows: -1, bytes: -1 }
    const sum = (of: 'rows' | 'bytes'): number => parts.reduce((total, part) => total + part[of], 0)
    if (count !== parts.length || rows !== sum('rows') || bytes !== sum('bytes')) {
      yield `the report says ${count} parts, ${rows} rows and ${bytes} bytes of ${space.uri}: ${JSON.stringify(parts)}`
    }
  }
}

/** Of a job that one driver has driven to its end. */
function* countsAreAll({ drivers, fleet }: SimulationRun, report: JobReport): Generator<string> {
  const launches = fleet.launched.filter(event => event.kind === 'task').length
  if (report.attempts !== launches)
    yield `the report has ${report.attempts} attempts, launched were ${launches}`
  const again = fleet.launched.filter(event => event.attempt > 1).length
  const retried = drivers[0]!.events.filter(
    event => (event.type === 'taskFailed' || event.type === 'manifestFailed') && event.retryInMs !== null,
  ).length
  if (report.retries !== retried) yield `the report has ${report.retries} retries, decided were ${retried}`
  // What is made again goes on counting attempts.
  const isRemade = drivers[0]!.events.some(({ type }) => type === 'taskRemade' || type === 'manifestRemade')
  const extra = drivers[0]!.events.filter(event => event.type === 'taskStarted' && event.isExtra).length
  if (report.extra !== extra) yield `the report has ${report.extra} extra attempts, started were ${extra}`
  if (!isRemade && again > report.retries + extra)
    yield `the report has ${report.retries} retries and ${extra} extra attempts, launched were ${again}`
}

/** endsAsDecided: the end that is recorded is the one that the journal decided on first, and the one that drivers tell of. */
import { jobKeys } from '../../../src/job/job-records.ts'
import { isCleaned, recordedEnds, type SimulationRun } from '../simulation-run.ts'
import { JOB } from '../workload.ts'
import { ENGINE_URI } from '../world.ts'

export function* endsAsDecided(run: SimulationRun): Generator<string> {
  const { end, drivers, world } = run
  if (end === null) return
  // Who slept while the job was cleaned away records an end of its own.
  const recorded = isCleaned(world) ? recordedEnds(run) : [end]
  const reports = new Set(recorded.map(({ report }) => JSON.stringify(report)))
  const decided = decidedBy(run)
  // What was to succeed may fail when it is published.
  if (decided !== null && decided !== 'succeeded' && decided !== end.report.state) {
    yield `the journal says that the job ${decided}, recorded is ${end.report.state}`
  }
  for (const { process, outcome } of drivers) {
    if (outcome?.state !== 'succeeded' || outcome.job === null) continue
    if (!reports.has(JSON.stringify(outcome.job.report)))
      yield `${process.name} gives another report than the one that is recorded`
  }
}

/** The first decision after the job was reopened last; null where there is none, or who slept has written over what was cleaned away. */
function decidedBy({ world }: SimulationRun): string | null {
  if (isCleaned(world)) return null
  const space = world.space(ENGINE_URI)
  let decided: string | null = null
  for (const key of space.keys.filter(key => key.startsWith(jobKeys.journal(JOB)))) {
    for (const line of Buffer.from(space.get(key)!.bytes).toString().split('\n')) {
      if (line.includes('"type":"jobReopened"')) decided = null
      if (line.includes('"type":"jobEnding"')) decided ??= (JSON.parse(line) as { state: string }).state
    }
  }
  return decided
}

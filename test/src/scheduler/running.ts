/** A job over a fake engine, running: what the scheduler's tests start from. */
import type { Stage } from '../../../planner/index.ts'
import type { JobEvent } from '../../../src/events/job-event.ts'
import { type JobOutcome, type RunJobOptions, runJob } from '../../../src/scheduler/run-job.ts'
import { planned, reader, scan, success, toFiles, toPartitions } from '../job/plans.ts'
import { type Answer, type BackendTraits, FakeBackend, FakeClock, fakeEngine } from './fake-engine.ts'

export interface Running {
  readonly outcome: Promise<JobOutcome>
  readonly backend: FakeBackend
  readonly clock: FakeClock
  readonly events: JobEvent[]
}

export function running(
  stages: readonly Stage[],
  answer: Answer,
  more: Partial<RunJobOptions> & { slots?: number; traits?: BackendTraits } = {},
): Running {
  const { slots = 4, traits = {}, ...options } = more
  const clock = new FakeClock()
  const backend = new FakeBackend(slots, answer, traits)
  const events: JobEvent[] = []
  const outcome = runJob({
    job: 'job-1',
    name: 'test',
    planned: planned(stages),
    engine: fakeEngine(backend, clock),
    seed: 7,
    onEvent: event => void events.push(event),
    ...options,
  })
  return { outcome, backend, clock, events }
}

/** Ten rows a task; the last task of a reader reads all there is. */
export function wellBehaved(stages: readonly Stage[]): Answer {
  return event => {
    if (event.kind === 'manifest') return success({ rowsOut: event.rows, schema: event.schema })
    const stage = stages.find(s => s.id === event.stage)!
    const last = event.task === stage.tasks - 1
    const read = stage.inputs.map(i =>
      i.kind === 'exchange' ? stages.find(s => s.id === i.from)!.tasks * 10 : 0,
    )
    return success({
      attempt: event.attempt,
      rowsOut: 10,
      rowsIn: last ? read.reduce((a, b) => a + b, 0) : 0,
    })
  }
}

export function twoStages(tasks = 3): Stage[] {
  const first = scan(0, tasks, toPartitions(2))
  return [first, reader(1, [first], toFiles)]
}

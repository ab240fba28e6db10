/** What is known of a running job, folded from its events. Pure: the clock is in the events. */
import type { Failure } from '../../../operators/index.ts'
import type { JobEvent, StageOutline } from '../../events/job-event.ts'

export interface StageProgress {
  readonly id: number
  readonly title: string
  readonly tasks: number
  /** Bytes of the stage's source; 0 where it reads an exchange. */
  readonly sourceBytes: number
  readonly state: 'waiting' | 'running' | 'finished'
  /** All tasks are done; the index of the stage's exchange is being written. */
  readonly indexing: boolean
  readonly startedAt: number
  readonly finishedAt: number
  readonly done: number
  readonly running: number
  /** Attempts that failed. */
  readonly failed: number
  readonly rowsIn: number
  readonly rowsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
}

export interface JobProgress {
  readonly job: string
  readonly name: string
  readonly engine: string
  readonly state: 'starting' | 'running' | 'interrupted' | 'succeeded' | 'failed' | 'cancelled'
  readonly startedAt: number
  readonly finishedAt: number
  readonly stages: readonly StageProgress[]
  /** The latest failure of a task or of the job. */
  readonly failure: Failure | undefined
}

export const NO_PROGRESS: JobProgress = {
  job: '',
  name: '',
  engine: '',
  state: 'starting',
  startedAt: 0,
  finishedAt: 0,
  stages: [],
  failure: undefined,
}

const newStage = ({
  id,
  title,
  tasks,
  bytes,
}: Pick<StageOutline, 'title' | 'tasks' | 'bytes'> & { id: number }): StageProgress => ({
  id,
  title,
  tasks,
  sourceBytes: bytes,
  indexing: false,
  state: 'waiting',
  startedAt: 0,
  finishedAt: 0,
  done: 0,
  running: 0,
  failed: 0,
  rowsIn: 0,
  rowsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
})

/** The next state. An event of a stage that was not announced adds it: jobs may grow. */
export function advanceProgress(progress: JobProgress, event: JobEvent): JobProgress {
  switch (event.type) {
    case 'jobStarted':
      return {
        ...NO_PROGRESS,
        job: event.job,
        name: event.name,
        engine: event.engine,
        state: 'running',
        startedAt: event.time,
        stages: event.stages.map(newStage),
      }
    case 'stagesAdded':
      return { ...progress, stages: [...progress.stages, ...event.stages.map(newStage)] }
    case 'stageStarted':
      return withStage(progress, event.stage, s => ({ ...startedBy(s, event.time), tasks: event.tasks }))
    case 'taskStarted':
      return withStage(progress, event.stage, s => ({
        ...startedBy(s, event.time),
        running: s.running + 1,
      }))
    case 'taskCommitted':
      return withStage(progress, event.stage, s => ({
        running: Math.max(0, s.running - 1),
        done: s.done + 1,
        rowsIn: s.rowsIn + event.stats.rowsIn,
        rowsOut: s.rowsOut + event.stats.rowsOut,
        bytesIn: s.bytesIn + event.stats.bytesIn,
        bytesOut: s.bytesOut + event.stats.bytesOut,
      }))
    case 'taskFailed':
      return {
        ...withStage(progress, event.stage, s => ({
          running: Math.max(0, s.running - 1),
          failed: s.failed + 1,
        })),
        failure: event.failure,
      }
    case 'attemptCancelled':
      return withStage(progress, event.stage, s => ({ running: Math.max(0, s.running - 1) }))
    case 'manifestStarted':
      return withStage(progress, event.stage, () => ({ indexing: true }))
    case 'manifestFailed':
      return { ...withStage(progress, event.stage, s => ({ failed: s.failed + 1 })), failure: event.failure }
    case 'stageFinished':
      return withStage(progress, event.stage, s => ({
        state: 'finished',
        tasks: s.tasks - (event.skipped ?? 0),
        running: 0,
        indexing: false,
        finishedAt: event.time,
        rowsOut: event.rowsOut,
      }))
    case 'jobFinished':
      return {
        ...stopped(progress, event.state, event.time),
        failure: event.failure ?? progress.failure,
      }
    case 'stageReused':
    case 'stageSkipped':
      return withStage(progress, event.stage, () => ({
        state: 'finished',
        tasks: 0,
        startedAt: event.time,
        finishedAt: event.time,
        ...(event.type === 'stageReused' ? { rowsOut: event.exchange.rows } : {}),
      }))
    case 'taskRemade':
      return withStage(progress, event.stage, s => ({
        // It waits for what it reads, or has not started yet.
        state: event.task === null || s.state === 'waiting' ? 'waiting' : 'running',
        done: event.task === null ? 0 : Math.max(0, s.done - 1 - othersOf(event)),
      }))
    case 'jobTakenOver':
    case 'jobReopened':
    case 'jobEnding':
    case 'manifestRemade':
    case 'manifestWritten':
    case 'log':
      return progress
  }
}

const othersOf = ({ others = {} }: { readonly others?: object }): number => Object.keys(others).length

/** Nothing of the job runs any more since `time`. */
export const stopped = (progress: JobProgress, state: JobProgress['state'], time: number): JobProgress => ({
  ...progress,
  state,
  finishedAt: time,
  stages: progress.stages.map(s => (s.running === 0 ? s : { ...s, running: 0 })),
})

/** A stage that waited has started by `time`. */
const startedBy = (
  { state, startedAt }: StageProgress,
  time: number,
): Pick<StageProgress, 'state' | 'startedAt'> => ({
  state: 'running',
  startedAt: state === 'waiting' ? time : startedAt,
})

function withStage(
  progress: JobProgress,
  id: number,
  change: (stage: StageProgress) => Partial<StageProgress>,
): JobProgress {
  const at = progress.stages.findIndex(s => s.id === id)
  const stage = progress.stages[at] ?? newStage({ id, title: `Stage ${id}`, tasks: 0, bytes: 0 })
  const stages = progress.stages.slice()
  stages[at === -1 ? stages.length : at] = { ...stage, ...change(stage) }
  return { ...progress, stages }
}

/** What is sent to a worker for a task or a manifest, made from the plan and the launch. */
import type { Schema } from '../../operators/index.ts'
import { type Planned, type Stage, type StageId, splitsOfTask } from '../../planner/index.ts'
import type { ManifestTaskEvent, StageTaskEvent } from '../task/task-event.ts'

/** What all events of a job have in common. */
export interface JobFacts {
  readonly job: string
  /** Root URI of the engine's store. */
  readonly store: string
  readonly seed: number
}

/** What is new with each launch. */
export interface Launch {
  readonly attempt: number
  readonly nonce: string
  readonly deadline: number | null
}

/** The producers whose commits a manifest is made from. */
export interface Producers {
  readonly tasks: number
  readonly partitions: number
  readonly rows: number
  readonly schema: Schema | null
}

/** Generation of every commit: nothing committed is made a second time yet. */
const GENERATION = 0

export function stageTaskEvent(
  facts: JobFacts,
  planned: Planned,
  stage: Stage,
  task: number,
  launch: Launch,
): StageTaskEvent {
  const { fingerprint, codeHash } = planned.plan
  return {
    version: 1,
    kind: 'task',
    ...facts,
    fingerprint,
    codeHash,
    stage: stage.id,
    task,
    generation: GENERATION,
    ...launch,
    splits: splitsOfTask(planned, stage, task),
  }
}

export function manifestTaskEvent(
  facts: JobFacts,
  planned: Planned,
  stage: StageId,
  producers: Producers,
  launch: Launch,
): ManifestTaskEvent {
  const { job, store } = facts
  const { fingerprint } = planned.plan
  return { version: 1, kind: 'manifest', job, store, fingerprint, stage, ...producers, ...launch }
}

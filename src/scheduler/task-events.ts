/** What is sent to a worker for a task or a manifest, made from the plan and the launch. */
import { type Planned, type Stage, type StageId, splitsOfTask } from '../../planner/index.ts'
import type { ManifestTaskEvent, StageTaskEvent } from '../task/task-event.ts'

/** What all events of a job have in common. */
export interface JobFacts {
  readonly job: string
  /** Root URI of the engine's store. */
  readonly store: string
  readonly seed: number
  readonly epoch: number
}

/** What is new with each launch. */
export interface Launch {
  readonly attempt: number
  readonly generation: number
  readonly nonce: string
  readonly deadline: number | null
}

/** The producers whose commits a manifest is made from. */
export type Producers = Pick<ManifestTaskEvent, 'tasks' | 'generations' | 'partitions' | 'rows' | 'schema'>

export function stageTaskEvent(
  facts: JobFacts,
  planned: Planned,
  stage: Stage,
  task: number,
  launch: Launch & Pick<StageTaskEvent, 'exchanges'>,
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
  const { job, store, epoch } = facts
  const { fingerprint } = planned.plan
  return { version: 1, kind: 'manifest', job, store, epoch, fingerprint, stage, ...producers, ...launch }
}

/** What is sent to a worker for a task or a manifest, made from the plan and the launch. */
import { DunlinError, type Schema } from '../../operators/index.ts'
import { type Planned, partitionsOf, type Split, type Stage, type StageId } from '../../planner/index.ts'
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
    splits: splitsOf(planned, stage, task),
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

/** One an input; null where that is an exchange, or not the task's. */
function splitsOf(planned: Planned, stage: Stage, task: number): (Split | null)[] {
  const byInput = planned.splits.get(stage.id)
  return partitionsOf(stage, task).map((partition, input) => {
    if (partition === null || stage.inputs[input]!.kind === 'exchange') return null
    const split = byInput?.[input]?.[partition]
    if (split !== undefined) return split
    const what = `split ${partition} for input ${input} of stage ${stage.id}`
    throw new DunlinError('INTERNAL', `the plan has no ${what}`, { place: { stage: stage.id, task } })
  })
}

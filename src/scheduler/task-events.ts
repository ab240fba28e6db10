/** What is sent to a worker for a task or a manifest, made from the plan and the launch. */
import { DunlinError, type Schema } from '../../operators/index.ts'
import type { Planned, Split, Stage, StageId } from '../../planner/index.ts'
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

/** One for each input: in a `zip` each input's own at `task`; in a `concat` that of the one input it falls into. */
function splitsOf(planned: Planned, stage: Stage, task: number): (Split | null)[] {
  const byInput = planned.splits.get(stage.id)
  let first = 0
  return stage.inputs.map((input, i) => {
    const index = task - first
    const length = input.kind === 'splits' ? input.tasks : input.partitions
    if (stage.layout === 'concat') first += length
    if (input.kind === 'exchange' || index < 0 || index >= length) return null
    const split = byInput?.[i]?.[index]
    if (split !== undefined) return split
    throw new DunlinError('INTERNAL', `the plan has no split ${index} for input ${i} of stage ${stage.id}`, {
      place: { stage: stage.id, task },
    })
  })
}

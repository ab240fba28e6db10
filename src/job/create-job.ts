/** A job from its plan, and how it grows: stages are checked, then put behind those that it has. */
import { DunlinError } from '../../operators/index.ts'
import type { Stage, StageId } from '../../planner/index.ts'
import type { InputBytes } from '../scheduler/split-bytes.ts'
import { PersistentVector } from './persistent-vector.ts'
import { NO_DURATIONS } from './policies/duration-sketch.ts'
import type { RestoredJob, RestoredStage, Reused } from './restore.ts'
import { EMPTY_PREFIX, emptyJob, type JobOptions, type JobState, type StageState } from './state.ts'
import { UNTRIED, untried } from './task-states.ts'

/**
 * The state of a job that has not started.
 *
 * @param about.restored what earlier drivers of the job have done
 * @param about.inputBytes what is known of the splits of stages
 * @throws INVALID_PLAN where the stages are not in an order in which each comes after those that it reads
 */
export function createJob(options: JobOptions, stages: readonly Stage[], about: AboutStages = {}): JobState {
  const { restored } = about
  return { ...withStages(emptyJob(options), stages, about), spent: restored?.spent ?? 0 }
}

export interface AboutStages {
  readonly restored?: Pick<RestoredJob, 'stages'> & { readonly spent?: number }
  readonly inputBytes?: ReadonlyMap<StageId, InputBytes>
}

/** @throws INVALID_PLAN where a stage is there already, or reads one that is not, or reads it in another shape */
export function withStages(state: JobState, added: readonly Stage[], about: AboutStages = {}): JobState {
  const positions = new Map(state.positions)
  let { stages } = state
  let unfinished = state.unfinished + added.length
  for (const stage of added) {
    if (positions.has(stage.id)) throw invalid(stage, 'the job has a stage of this number already')
    const reads = new Set<number>()
    for (const input of stage.inputs) {
      if (input.kind !== 'exchange') continue
      const position = positions.get(input.from)
      if (position === undefined)
        throw invalid(stage, `it reads stage ${input.from}, which the job does not have`)
      checkInput(stage, stages.get(position).stage, input.partitions)
      reads.add(position)
    }
    const position = stages.length
    for (const read of reads) {
      const producer = stages.get(read)
      stages = stages.set(read, { ...producer, readers: [...producer.readers, position] })
    }
    positions.set(stage.id, position)
    const known = about.restored?.stages.get(stage.id)
    const inputBytes = about.inputBytes?.get(stage.id)
    if (known?.instead === undefined) {
      stages = stages.push(blockedStage(stage, known, inputBytes))
    } else {
      stages = stages.push(finishedStage(stage, known.instead, inputBytes))
      unfinished--
    }
  }
  return { ...state, stages, positions, unfinished }
}

function blockedStage(
  stage: Stage,
  restored: RestoredStage | undefined,
  inputBytes: InputBytes = [],
): StageState {
  let tasks = PersistentVector.filled(stage.tasks, untried(restored?.generation ?? 0))
  let exchangeRowsIn = 0
  let launched = 0
  for (const [task, state] of restored?.tasks ?? []) {
    tasks = tasks.set(task, state)
    if (state.state !== 'committed') continue
    exchangeRowsIn += state.exchangeRowsIn
    launched++
  }
  return {
    stage,
    phase: 'blocked',
    readers: [],
    tasks,
    manifest: restored?.manifest ?? UNTRIED,
    released: 0,
    launched,
    committed: launched,
    durations: NO_DURATIONS,
    speculated: 0,
    lookIsDue: false,
    inputBytes,
    partitionBytes: null,
    exchangeRowsIn,
    prefix: EMPTY_PREFIX,
  }
}

/** A stage that does not run, since an earlier job's output is there, or since nobody reads its own. */
function finishedStage(stage: Stage, reused: Reused | null, inputBytes?: InputBytes): StageState {
  const blocked = blockedStage(stage, undefined, inputBytes)
  if (reused === null) return { ...blocked, phase: 'finished', origin: null }
  const { generation, tasks, rows, schema } = reused.exchange
  const attempt = { attempt: 1, rowsOut: 0, exchangeRowsIn: 0, schema: null }
  return {
    ...blocked,
    phase: 'finished',
    manifest: { ...untried(generation), ...attempt, state: 'committed' },
    prefix: { tasks, rows, schema },
    origin: reused.from,
  }
}

function checkInput(stage: Stage, producer: Stage, partitions: number): void {
  const { output } = producer
  if (output.kind !== 'exchange')
    throw invalid(stage, `it reads stage ${producer.id}, whose output is a ${output.kind}`)
  if (output.partitions !== partitions) {
    const counts = `${partitions} partitions of stage ${producer.id}, which gives ${output.partitions}`
    throw invalid(stage, `it reads ${counts}`)
  }
}

function invalid(stage: { readonly id: StageId; readonly title: string }, reason: string): DunlinError {
  return new DunlinError('INVALID_PLAN', `stage ${stage.id} (${stage.title}) cannot be added: ${reason}`, {
    place: { stage: stage.id },
  })
}

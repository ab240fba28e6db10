/** Estimates: what a plan may read, request, take and cost. Formulas over the plan and the engine's facts. */
import type { OperatorSpec } from '../../operators/index.ts'
import type { EngineFacts } from '../facts.ts'
import type { Planned, Split, Stage, StageId } from '../physical.ts'
import { isBroadcast, readersOfBroadcast } from '../stage-task.ts'

export interface Estimate {
  readonly bytesRead: number
  readonly gets: number
  readonly puts: number
  readonly seconds: number
  readonly dollars: number
}

export interface StageEstimate extends Estimate {
  readonly bytesWritten: number
}

/** An aggregation gives this share of the bytes it is given: a guess, as keys are not known before they are read. */
export const AGGREGATION_SHARE = 0.1
/** What a row is taken to have where only their number is known. */
const ROW_BYTES = 100
/** One data object (or part) and one commit record a task. */
const PUTS_A_TASK = 2
const BYTES_A_GB = 1e9
const MB_A_GB = 1024

/** Bytes that an operator tree gives for the bytes of its inputs. Joins are taken to give as much as both sides have. */
function bytesOut(spec: OperatorSpec, inputs: readonly number[], tasks: number): number {
  switch (spec.op) {
    case 'input':
      return inputs[spec.input]!
    case 'union':
    case 'join':
      return spec.inputs.reduce((sum, input) => sum + bytesOut(input, inputs, tasks), 0)
  }
  const bytes = bytesOut(spec.input, inputs, tasks)
  switch (spec.op) {
    case 'aggregate':
      return spec.phase === 'final' ? bytes : bytes * AGGREGATION_SHARE
    case 'top':
    case 'sampleKeys':
      return Math.min(bytes, spec.rows * tasks * ROW_BYTES)
    case 'splitters':
      return Math.min(bytes, spec.partitions * ROW_BYTES)
    case 'sample':
      return bytes * spec.fraction
    default:
      return bytes
  }
}

function rangesOf(splits: readonly Split[]): number {
  let ranges = 0
  for (const split of splits) ranges += split.ranges.length
  return ranges
}

function estimateStage(
  stage: Stage,
  splits: readonly (readonly Split[] | null)[],
  before: ReadonlyMap<StageId, { readonly tasks: number; readonly bytesWritten: number }>,
  engine: EngineFacts,
): StageEstimate {
  /** Bytes by input; read once, or what is broadcast by each task that needs it. */
  const given: number[] = []
  let bytesRead = 0
  let gets = 0
  for (const [i, input] of stage.inputs.entries()) {
    if (input.kind === 'splits') {
      given.push(input.bytes)
      bytesRead += input.bytes
      if (input.format.format !== 'range') gets += rangesOf(splits[i]!)
      continue
    }
    const producer = before.get(input.from)!
    const readers = isBroadcast(input) ? readersOfBroadcast(stage, i) : input.partitions
    given.push(producer.bytesWritten)
    bytesRead += producer.bytesWritten * (isBroadcast(input) ? readers : 1)
    // Each task reads its row of the manifest, then a slice of every producer that has one for it.
    const slices = input.partitioning.kind === 'none' ? 1 : producer.tasks
    gets += readers * (1 + slices)
  }
  const bytesWritten = bytesOut(stage.root, given, stage.tasks)
  // Besides the tasks' own: the exchange's manifest, or the output's.
  const puts = stage.tasks * PUTS_A_TASK + (stage.output.kind === 'result' ? 0 : 1)
  const taskSeconds = (bytesRead + bytesWritten) / engine.bytesPerSecond
  const { perGbSecond, perTask, perGet, perPut } = engine.dollars
  return {
    bytesRead,
    bytesWritten,
    gets,
    puts,
    seconds: taskSeconds / Math.min(stage.tasks, engine.slots),
    dollars:
      (taskSeconds * stage.memoryMb * perGbSecond) / MB_A_GB +
      stage.tasks * perTask +
      gets * perGet +
      puts * perPut,
  }
}

/** Estimates by stage, and their sum. Everything runs: a `take` that ends early costs less. */
export function estimatePlan(
  { plan, splits }: Planned,
  engine: EngineFacts,
): { readonly total: Estimate; readonly stages: ReadonlyMap<StageId, StageEstimate> } {
  const stages = new Map<StageId, StageEstimate>()
  const before = new Map<StageId, { tasks: number; bytesWritten: number }>()
  const total = { bytesRead: 0, gets: 0, puts: 0, seconds: 0, dollars: 0 }
  for (const stage of plan.stages) {
    const estimate = estimateStage(stage, splits.get(stage.id) ?? [], before, engine)
    stages.set(stage.id, estimate)
    before.set(stage.id, { tasks: stage.tasks, bytesWritten: estimate.bytesWritten })
    for (const name of ['bytesRead', 'gets', 'puts', 'seconds', 'dollars'] as const)
      total[name] += estimate[name]
  }
  return { total, stages }
}

/** What the estimates rest on, in a sentence. */
export function basisText({ slots, bytesPerSecond }: EngineFacts): string {
  return (
    `Estimates, not measurements: ${bytesPerSecond / (BYTES_A_GB / 1000)} MB/s a task, ${slots} tasks at once; an ` +
    `aggregation is taken to keep ${AGGREGATION_SHARE * 100} % of its bytes, everything else all of them.`
  )
}

/** Puts a stage that merges slices behind those whose exchange is wide: the readers' requests fall from P × C to about 2 P √C. */
import type { CutStages } from './cut-stages.ts'
import { estimateStages } from './explain/estimate.ts'
import { isBetterMerged } from './explain/exchange-choice.ts'
import type { EngineFacts } from './facts.ts'
import { type MergeShape, mergeShape, mergeTasks, producerGroups } from './merge-shape.ts'
import type { PlanOptions } from './options.ts'
import type { Stage, StageId, StageInput } from './physical.ts'

interface Merge {
  readonly id: StageId
  readonly shape: MergeShape
}

/**
 * The stages that merge are numbered after all others, which so keep their numbers: what a task does may depend on the
 * number of its stage (its random numbers), and a plan gives the same with and without them.
 */
export function mergeWide(
  cut: CutStages,
  engine: EngineFacts,
  { exchange }: Pick<PlanOptions, 'exchange'>,
): CutStages {
  if (exchange === 'direct') return cut
  const candidates = cut.stages.filter(isDivided)
  // Nothing is gained where requests are free and as fast as they are sent.
  if (candidates.length === 0 || (exchange === undefined && engine.requestsPerSecond === undefined))
    return cut
  const written = estimateStages(cut, engine)
  const merges = new Map<StageId, Merge>()
  for (const stage of candidates) {
    const shape = mergeShape(stage.tasks, stage.output.partitions)
    const wide = { shape, bytes: written.get(stage.id)!.bytesWritten, memoryMb: stage.memoryMb }
    if (exchange === undefined && !isBetterMerged(wide, engine)) continue
    merges.set(stage.id, { id: (cut.stages.length + merges.size) as StageId, shape })
  }
  if (merges.size === 0) return cut
  return withMerges(cut, merges)
}

type Divided = Stage & { readonly output: Extract<Stage['output'], { kind: 'exchange' }> }

function isDivided(stage: Stage): stage is Divided {
  const { output, tasks } = stage
  if (output.kind !== 'exchange' || tasks < 2 || output.partitions < 2) return false
  return output.partitioning.kind === 'hash' || output.partitioning.kind === 'range'
}

function withMerges(cut: CutStages, merges: ReadonlyMap<StageId, Merge>): CutStages {
  const stages: Stage[] = []
  const splits = new Map(cut.splits)
  const notes = new Map(cut.notes)
  for (const stage of cut.stages) {
    stages.push({ ...stage, inputs: stage.inputs.map(input => throughMerge(input, merges)) })
    const merge = merges.get(stage.id)
    if (merge === undefined || !isDivided(stage)) continue
    stages.push(mergeStage(stage, merge))
    splits.set(merge.id, Object.freeze([null]))
    notes.set(merge.id, Object.freeze([noteOf(merge.shape)]))
  }
  return { stages, splits, notes }
}

function throughMerge(input: StageInput, merges: ReadonlyMap<StageId, Merge>): StageInput {
  const merge = input.kind === 'exchange' ? merges.get(input.from) : undefined
  return merge === undefined || input.kind !== 'exchange'
    ? input
    : { ...input, from: merge.id, merged: merge.shape }
}

function mergeStage(
  { id: from, output, memoryMb, timeoutMs, concurrency }: Divided,
  { id, shape }: Merge,
): Stage {
  const { partitioning, partitions } = output
  return {
    id,
    title: 'Merge slices',
    inputs: [{ kind: 'exchange', from, partitions, partitioning, merge: shape }],
    layout: 'zip',
    tasks: mergeTasks(shape),
    root: { op: 'input', input: 0 },
    output: { ...output, merged: shape },
    memoryMb,
    timeoutMs,
    concurrency,
  }
}

function noteOf(shape: MergeShape): string {
  const { producers, partitions } = shape
  const number = (count: number): string => count.toLocaleString('en-US')
  return `two-level: ${number(producers)} slices a partition become ${number(producerGroups(shape))}, of ${number(partitions)} partitions`
}

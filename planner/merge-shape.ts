/** MergeShape: how the slices of a wide exchange are merged on their way: so many producers and partitions a task. */
import type { StageOutput } from './physical.ts'

/**
 * Task `j × producerGroups + i` reads the partitions of group j from the producers of group i, and gives one slice a
 * partition. Who reads a partition then finds it in as many slices as there are groups of producers, in their order.
 */
export interface MergeShape {
  readonly producers: number
  readonly partitions: number
  readonly producersATask: number
  readonly partitionsATask: number
}

/** Whole numbers from `from` to `to - 1`. */
export interface Numbers {
  readonly from: number
  readonly to: number
}

/** Rows of the index of an exchange: one for each partition that a producer may have a slice of. */
export function indexRows(output: Extract<StageOutput, { kind: 'exchange' }>): number {
  if (output.merged !== undefined) return output.merged.partitionsATask
  // Undivided: each task wrote one slice, which the reader of its number finds in the one row.
  return output.partitioning.kind === 'none' ? 1 : output.partitions
}

/** Groups of about a square root each way: requests are then as many before the merge as after it. */
export function mergeShape(producers: number, partitions: number): MergeShape {
  return {
    producers,
    partitions,
    producersATask: Math.ceil(Math.sqrt(producers)),
    partitionsATask: Math.ceil(Math.sqrt(partitions)),
  }
}

export const producerGroups = ({ producers, producersATask }: MergeShape): number =>
  Math.ceil(producers / producersATask)

export const partitionGroups = ({ partitions, partitionsATask }: MergeShape): number =>
  Math.ceil(partitions / partitionsATask)

export const mergeTasks = (shape: MergeShape): number => producerGroups(shape) * partitionGroups(shape)

/** What one task merges. */
export function mergedBy(
  shape: MergeShape,
  task: number,
): { readonly producers: Numbers; readonly partitions: Numbers } {
  const groups = producerGroups(shape)
  const group = (n: number, size: number, count: number): Numbers => ({
    from: n * size,
    to: Math.min((n + 1) * size, count),
  })
  return {
    producers: group(task % groups, shape.producersATask, shape.producers),
    partitions: group(Math.floor(task / groups), shape.partitionsATask, shape.partitions),
  }
}

/**
 * Where a partition is after the merge: the tasks that have merged it, and its number among those that each of them gives.
 * The index has a row for each of these numbers, so that its length is the slices' and not tasks × partitions.
 */
export function afterMerge(
  shape: MergeShape,
  partition: number,
): { readonly tasks: Numbers; readonly row: number } {
  const groups = producerGroups(shape)
  const from = Math.floor(partition / shape.partitionsATask) * groups
  return { tasks: { from, to: from + groups }, row: partition % shape.partitionsATask }
}

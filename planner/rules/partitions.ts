/** How many partitions an exchange divides rows into. */
import type { DraftNode } from '../draft/draft.ts'
import type { PlanOptions } from '../options.ts'

/** Input per partition: its states, or its rows to sort, fit a task of the default memory with room to spare. */
const BYTES_A_PARTITION = 32 << 20
/** Producers write, and consumers read, a slice for each pair: more partitions pay only for inputs far larger. */
const MAX_DEFAULT_PARTITIONS = 256

export function defaultPartitions(weightBytes: number): number {
  return Math.min(Math.max(Math.ceil(weightBytes / BYTES_A_PARTITION), 1), MAX_DEFAULT_PARTITIONS)
}

/** What was asked for above the node, else for the whole job, else what fits the bytes below it. */
export function partitionsFor(
  node: Pick<DraftNode, 'resources' | 'weightBytes'>,
  options: PlanOptions,
): number {
  return node.resources.partitions ?? options.partitions ?? defaultPartitions(node.weightBytes)
}

/** Rows of one task have met already; but partitions that were asked for are files that were asked for. */
export function staysInOneTask({ tasks, resources }: DraftNode): boolean {
  return tasks === 1 && (resources.partitions ?? 1) === 1
}

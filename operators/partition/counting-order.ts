/** The rows of a batch in the order of their partitions: a stable counting sort. */

export interface PartitionOrder {
  /** Row numbers, partition after partition, ascending within each; may be longer than the rows are many. */
  readonly order: Int32Array
  /** Where each partition's rows end in `order`; they begin where those of the partition before it end. */
  readonly ends: Int32Array
}

/**
 * @param ids the partition of each of the first `length` rows, each below `partitions`
 * @param out what an earlier call gave: its arrays are used again where they are large enough
 *
 * @example
 * rowsByPartition(Uint32Array.of(2, 0, 2), 3, 3) // order 1, 0, 2; ends 1, 1, 3
 */
export function rowsByPartition(
  ids: Uint32Array,
  length: number,
  partitions: number,
  out?: PartitionOrder,
): PartitionOrder {
  const order = out !== undefined && out.order.length >= length ? out.order : new Int32Array(length)
  const ends = out !== undefined && out.ends.length === partitions ? out.ends : new Int32Array(partitions)
  ends.fill(0)
  for (let row = 0; row < length; row++) ends[ids[row]!]!++
  let at = 0
  for (let p = 0; p < partitions; p++) {
    const rows = ends[p]!
    ends[p] = at
    at += rows
  }
  for (let row = 0; row < length; row++) order[ends[ids[row]!]!++] = row
  return { order, ends }
}

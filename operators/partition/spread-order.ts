/** The rows of a batch in the order of their partitions, where a row goes to several partitions side by side. */
import type { PartitionOrder } from './counting-order.ts'

/** Row i goes to the partitions `first[i] … last[i]`; within a partition rows stay in their order. */
export function rowsBySpread(
  first: Uint32Array,
  last: Uint32Array,
  length: number,
  partitions: number,
): PartitionOrder {
  const ends = new Int32Array(partitions)
  for (let row = 0; row < length; row++) {
    ends[first[row]!]!++
    const after = last[row]! + 1
    if (after < partitions) ends[after]!--
  }
  // Now the change of the number of rows from partition to partition; then the number; then where they begin.
  let rows = 0
  let at = 0
  for (let p = 0; p < partitions; p++) {
    rows += ends[p]!
    ends[p] = at
    at += rows
  }
  const order = new Int32Array(at)
  for (let row = 0; row < length; row++) {
    for (let p = first[row]!; p <= last[row]!; p++) order[ends[p]!++] = row
  }
  return { order, ends }
}

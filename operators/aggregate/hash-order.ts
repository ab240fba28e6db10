/** The order in which an aggregation's runs are sorted: by the hash of the key. */
import type { Batch } from '../batch/batch.ts'
import { hashRows } from '../partition/hash.ts'
import type { Groups } from './groups.ts'

/**
 * The hashes that runs are sorted by, of a batch that has columns besides its keys or not. The hash of all columns
 * is that which nulls do not count for: a key that turned up after a run was drained does not change the run's order.
 */
export function keyHashes(batch: Batch, isKey: (name: string) => boolean = () => true): Uint32Array {
  const hashes = new Uint32Array(batch.length)
  const { shape, fields } = batch.schema
  const keys = fields.flatMap((field, i) => (isKey(field.name) ? [i] : []))
  const schema = { shape, fields: keys.map(i => fields[i]!) }
  hashRows({ schema, length: batch.length, columns: keys.map(i => batch.columns[i]!) }, 'all', hashes)
  return hashes
}

/** All groups by the hashes of their keys, and in order of first appearance where those are equal. */
export function hashOrder(groups: Groups): Int32Array {
  const order = groups.inOrder()
  const hashes = new Uint32Array(order.length)
  const rows = groups.batchRows
  for (let from = 0; from < order.length; from += rows) {
    hashes.set(keyHashes(groups.keyBatch(order.subarray(from, from + rows))), from)
  }
  return radixSorted(order, hashes)
}

const BITS = 11
const BUCKETS = 1 << BITS

/** Sorts `order` by `hashes[order[i]]`, least significant digit first: stable, and linear. */
function radixSorted(order: Int32Array, hashes: Uint32Array): Int32Array {
  let from = order
  let to: Int32Array = new Int32Array(order.length)
  for (let shift = 0; shift < 32; shift += BITS) {
    const starts = new Uint32Array(BUCKETS + 1)
    for (let i = 0; i < from.length; i++) starts[((hashes[from[i]!]! >>> shift) & (BUCKETS - 1)) + 1]!++
    for (let b = 0; b < BUCKETS; b++) starts[b + 1]! += starts[b]!
    for (let i = 0; i < from.length; i++)
      to[starts[(hashes[from[i]!]! >>> shift) & (BUCKETS - 1)]!++] = from[i]!
    ;[from, to] = [to, from]
  }
  return from
}

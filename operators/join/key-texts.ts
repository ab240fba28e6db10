/** KeyTexts: keys as texts that are equal for equal keys, for those that a table has no slot for. */
import type { Batch, Column, StructColumn } from '../batch/batch.ts'
import { type EncodedKeys, encodeSortKeys } from '../sort/order-key.ts'
import type { Keys } from './join-keys.ts'

/** Nothing is encoded before the first text is asked for; most batches need none. */
export class KeyTexts {
  readonly #keys: Keys
  #encoded: EncodedKeys | null = null

  constructor(keys: Keys) {
    this.#keys = keys
  }

  of(row: number): string {
    this.#encoded ??= encodeSortKeys(asStruct(this.#keys), [
      { column: 'key', direction: 'asc', nulls: 'last' },
    ])
    const { bytes, offsets } = this.#encoded
    const start = offsets[row]!
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, offsets[row + 1]! - start).toString('latin1')
  }
}

/** One column that has the keys as fields: those are compared by name, missing ones being null. */
function asStruct({ columns, names, length }: Keys): Batch {
  const there = columns
    .map((column, i) => ({ name: names?.[i] ?? String(i), column }))
    .filter((one): one is { name: string; column: Column } => one.column !== null)
  const struct: StructColumn = {
    type: { kind: 'struct', fields: there.map(({ name, column }) => ({ name, type: column.type })) },
    length,
    nullCount: 0,
    validity: null,
    children: there.map(({ column }) => column),
  }
  return {
    schema: { shape: 'object', fields: [{ name: 'key', type: struct.type }] },
    length,
    columns: [struct],
  }
}

/** Normalised sort keys: the keys of each row as bytes that memcmp puts in the order of the rows. */
import type { Batch } from '../batch/batch.ts'
import { columnNamed } from '../batch/column-named.ts'
import { NO_BYTES, unset } from '../batch/growing.ts'
import { recordKey } from '../batch/record-key.ts'
import { DunlinError } from '../errors.ts'
import type { SortKeySpec } from '../spec.ts'
import { KeyColumn } from './key-column.ts'

/** The encoded keys of some rows: row i is `bytes[offsets[i]] … bytes[offsets[i + 1] - 1]`. */
export interface EncodedKeys {
  readonly bytes: Uint8Array
  /** One more than there are rows. */
  readonly offsets: Int32Array
}

const MAX_BYTES = 0x7fff_ffff

/**
 * Encodes the keys of every row. Comparing encodings byte by byte, the shorter first where one begins the other, is
 * comparing rows: numbers numerically, −0 = 0, NaN greatest; strings by their UTF-8 bytes; false before true; binaries
 * by bytes; lists item by item; structs field by field, by the names of the fields; nulls first or last as the key
 * says, inside of lists and structs after everything else. Equal encodings are equal keys.
 *
 * The encoding of a row depends on its values alone, not on its batch: any number type gives the same bytes for the
 * same number, and null, a missing column and a null-typed column are one. It never changes with a machine.
 *
 * @throws TOO_LARGE where the keys of one batch take more than 2 GiB, or an int64 read as number is no safe number.
 *
 * @example
 * const keys = encodeSortKeys(batch, [{ column: 'age', direction: 'desc', nulls: 'last' }])
 * compareEncoded(keys, 0, keys, 1) // negative where row 0 comes before row 1
 */
export function encodeSortKeys(batch: Batch, keys: readonly SortKeySpec[]): EncodedKeys {
  const columns = keys.map((key, i) => {
    const place = i === keys.length - 1 ? 'last' : 'inner'
    // The key of a record is read where it is: a column of it would live as long as the records.
    return batch.schema.shape === 'record' && key.column === 'key'
      ? new KeyColumn(batch.columns[0]!, key, place, recordKey(batch.schema))
      : new KeyColumn(columnNamed(batch, key.column), key, place)
  })
  // Row i is at offsets[i + 1]: its size, then where its next byte goes, and in the end its end.
  const offsets = new Int32Array(batch.length + 1)
  for (const column of columns) column.addSizes(offsets)
  const bytes = unset(NO_BYTES, startsOfSizes(offsets))
  for (const column of columns) column.write(bytes, offsets)
  return { bytes, offsets }
}

/** Turns the sizes at i + 1 into the starts of the rows; gives the sum. */
function startsOfSizes(offsets: Int32Array): number {
  let at = 0
  for (let i = 1; i < offsets.length; i++) {
    const size = offsets[i]!
    offsets[i] = at
    at += size
    if (at > MAX_BYTES) throw tooLarge()
  }
  return at
}

const tooLarge = (): DunlinError =>
  new DunlinError('TOO_LARGE', 'the sort keys of one batch would take more than 2 GiB', {
    hint: 'Sort by shorter values.',
  })

/** Negative, 0 or positive as row i of `a` comes before, with or after row j of `b`. */
export function compareEncoded(a: EncodedKeys, i: number, b: EncodedKeys, j: number): number {
  const x = a.bytes
  const y = b.bytes
  let at = a.offsets[i]!
  let bt = b.offsets[j]!
  const left = a.offsets[i + 1]! - at
  const right = b.offsets[j + 1]! - bt
  const end = at + Math.min(left, right)
  while (at < end) {
    const difference = x[at++]! - y[bt++]!
    if (difference !== 0) return difference
  }
  return left - right
}

/** Bytes that encoded keys count for. */
export const encodedBytes = (keys: EncodedKeys): number => keys.bytes.length + 4 * keys.offsets.length

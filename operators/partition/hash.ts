/** Hashing of rows: which rows meet in which partition. Part of the format of a job: never changes with a machine. */
import type {
  Batch,
  BooleanColumn,
  BytesColumn,
  Column,
  FixedBinaryColumn,
  Int64Column,
  ListColumn,
  NumberColumn,
  StructColumn,
} from '../batch/batch.ts'
import { columnNamed, columnNames } from '../batch/column-named.ts'
import { bitAt } from '../batch/growing.ts'
import { nearestName } from '../batch/nearest-name.ts'
import { DunlinError } from '../errors.ts'
import { finish, hashBytes, hashDouble, hashNumber, round } from './murmur.ts'

/** Seeds keep values of different kinds apart that have the same bytes. */
const NUMBER = 1
const TEXT = 2
const BINARY = 3
const TIMESTAMP = 4
const LIST = 5
const STRUCT = 6
const WIDE_INTEGER = 7
/** Hashes of values that have no bytes. */
const NULL = 0x9e3779b9 | 0
const TRUE = 0x85ebca77 | 0
const FALSE = 0xc2b2ae3d | 0

type Hasher = (row: number) => number

/**
 * The 32-bit hash of each row's keys, into `out` (at least `batch.length` long).
 *
 * Equal keys hash alike whatever the column type holds them: 1, 1n and an int8 of 1; 0 and −0; every NaN; null.
 * Text is hashed by its UTF-8 bytes. With `'all'`, every column counts, by name and not by order, and nulls count as
 * if the column were not there, so that rows hash alike before and after their schema is unified.
 *
 * @throws UNKNOWN_COLUMN for a key that the batch does not have.
 */
export function hashRows(batch: Batch, keys: readonly string[] | 'all', out: Uint32Array): void {
  if (keys === 'all') {
    const hash = namedHasher(batch.schema.fields, batch.columns)
    const states = new Int32Array(out.buffer, out.byteOffset, batch.length)
    for (let row = 0; row < batch.length; row++) states[row] = finish(hash(row))
    return
  }
  const columns = keys.map(key => {
    const column = columnNamed(batch, key)
    if (column === null) throw unknownKey(key, columnNames(batch.schema))
    return column
  })
  hashColumns(columns, batch.length, out)
}

export function unknownKey(key: string, names: readonly string[]): DunlinError {
  const near = nearestName(key, names)
  return new DunlinError('UNKNOWN_COLUMN', `there is no column "${key}" to divide the rows by`, {
    hint: `${near === undefined ? '' : `Did you mean "${near}"? `}The columns are ${names.join(', ')}.`,
  })
}

/** The same for columns; null stands for one that the batch lacks, i.e. of nothing but nulls. */
export function hashColumns(columns: readonly (Column | null)[], length: number, out: Uint32Array): void {
  const states = new Int32Array(out.buffer, out.byteOffset, length).fill(0)
  for (const column of columns) foldColumn(column === null ? () => NULL : hasherOf(column), states)
  for (let row = 0; row < length; row++) states[row] = finish(states[row]!)
}

function foldColumn(hash: Hasher, states: Int32Array): void {
  for (let row = 0; row < states.length; row++) states[row] = round(states[row]!, hash(row))
}

function hasherOf(column: Column): Hasher {
  const hash = valueHasher(column)
  const { validity, nullCount } = column
  return nullCount === 0 || validity === null ? hash : row => (bitAt(validity, row) ? hash(row) : NULL)
}

function valueHasher(column: Column): Hasher {
  switch (column.type.kind) {
    case 'null':
      return () => NULL
    case 'boolean': {
      const { bits } = column as BooleanColumn
      return row => (bitAt(bits, row) ? TRUE : FALSE)
    }
    case 'number': {
      const { values } = column as NumberColumn
      if (values instanceof Float64Array) {
        const halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
        return row => hashDouble(halves[2 * row]!, halves[2 * row + 1]!, NUMBER)
      }
      return row => hashNumber(values[row]!, NUMBER)
    }
    case 'int64':
      return int64Hasher((column as Int64Column).values, NUMBER)
    case 'timestamp':
      return int64Hasher((column as Int64Column).values, TIMESTAMP)
    case 'utf8':
    case 'binary': {
      const { offsets, bytes } = column as BytesColumn
      const seed = column.type.kind === 'utf8' ? TEXT : BINARY
      return row => hashBytes(bytes, offsets[row]!, offsets[row + 1]!, seed)
    }
    case 'fixedBinary': {
      const { bytes } = column as FixedBinaryColumn
      const { byteLength } = column.type
      return row => hashBytes(bytes, row * byteLength, (row + 1) * byteLength, BINARY)
    }
    case 'list': {
      const { offsets, item } = column as ListColumn
      const hash = hasherOf(item)
      return row => {
        const end = offsets[row + 1]!
        let state = round(LIST, end - offsets[row]!)
        for (let i = offsets[row]!; i < end; i++) state = round(state, hash(i))
        return finish(state)
      }
    }
    case 'struct': {
      const hash = namedHasher(column.type.fields, (column as StructColumn).children)
      return row => finish(hash(row))
    }
  }
}

/** By name and not by order; a null counts as if its column were not there. The result is not finished. */
function namedHasher(fields: readonly { readonly name: string }[], columns: readonly Column[]): Hasher {
  const parts = fields
    .map(({ name }, i) => {
      const bytes = Buffer.from(name)
      return { name, seed: hashBytes(bytes, 0, bytes.length, STRUCT), column: columns[i]! }
    })
    .filter(part => part.column.type.kind !== 'null')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ seed, column }) => ({
      seed,
      hash: valueHasher(column),
      validity: column.nullCount > 0 ? column.validity : null,
    }))
  return row => {
    let state = STRUCT
    for (const { seed, hash, validity } of parts) {
      if (validity === null || bitAt(validity, row)) state = round(round(state, seed), hash(row))
    }
    return state
  }
}

/** As the float64 of the same value where there is one, so that 1n meets 1. */
function int64Hasher(values: BigInt64Array, seed: number): Hasher {
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
  return row => {
    const low = halves[2 * row]!
    const high = halves[2 * row + 1]!
    // Rounded where it is past 2^53; then the bigint says whether the float64 is that very number.
    const number = high * 0x1_0000_0000 + (low >>> 0)
    if (Number.isSafeInteger(number) || BigInt(number) === values[row]) return hashNumber(number, seed)
    return finish(round(round(seed + WIDE_INTEGER, low), high) ^ 8)
  }
}

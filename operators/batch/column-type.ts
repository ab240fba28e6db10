/** The types a column can have, and how records of a dataset are shaped. */

/** Fixed-width numbers. Only `float64` is inferred; the others come from files, schemas and typed arrays. */
export type NumberWidth = 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32' | 'float32' | 'float64'

/** The typed array a list column came from and reads back as. */
export type TypedArrayName =
  | 'Int8Array'
  | 'Int16Array'
  | 'Int32Array'
  | 'Uint16Array'
  | 'Uint32Array'
  | 'Float32Array'
  | 'Float64Array'
  | 'BigInt64Array'

export type ColumnType =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'number'; readonly width: NumberWidth }
  /** 64-bit integers; `as` says what they are in JavaScript (a `number` is range-checked on reading). */
  | { readonly kind: 'int64'; readonly as: 'number' | 'bigint' }
  | { readonly kind: 'utf8' }
  | { readonly kind: 'binary' }
  | { readonly kind: 'fixedBinary'; readonly byteLength: number }
  /** Milliseconds since 1970, UTC. */
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'list'; readonly item: ColumnType; readonly as: 'Array' | TypedArrayName }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }

/** Every field is nullable. */
export interface Field {
  readonly name: string
  readonly type: ColumnType
}

/**
 * How JavaScript sees a record: a scalar (one column `value`), a pair (columns `key` and `value`), or a plain
 * object (a column per field, in order of first appearance). A `record` has fixed length: JavaScript sees
 * `{ key, value }`, value being the one column there is, a fixedBinary of whole records, and key a view on a part of it.
 */
export type RecordShape = 'scalar' | 'pair' | 'object' | 'record'

export interface Schema {
  readonly shape: RecordShape
  /** Of the shape `record`: where in each record its key lies. Never a column of its own. */
  readonly key?: readonly [offset: number, length: number]
  readonly fields: readonly Field[]
}

/** Batch: rows of one schema as columns in Arrow's memory layout, without Arrow's classes. */
import type { ColumnType, Schema } from './column-type.ts'

interface ColumnBase<T extends ColumnType> {
  readonly type: T
  readonly length: number
  readonly nullCount: number
  /** Bit i (least significant first) is 1 where row i is not null. Null where `nullCount` is 0. */
  readonly validity: Uint8Array | null
}

export type NumberArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array

type Kind<K extends ColumnType['kind']> = Extract<ColumnType, { kind: K }>

export interface NullColumn extends ColumnBase<Kind<'null'>> {}
export interface BooleanColumn extends ColumnBase<Kind<'boolean'>> {
  /** One bit a row, least significant first. */
  readonly bits: Uint8Array
}
export interface NumberColumn extends ColumnBase<Kind<'number'>> {
  readonly values: NumberArray
}
export interface Int64Column extends ColumnBase<Kind<'int64'> | Kind<'timestamp'>> {
  readonly values: BigInt64Array
}
export interface BytesColumn extends ColumnBase<Kind<'utf8'> | Kind<'binary'>> {
  /** `length + 1` offsets into `bytes`; the first is 0. */
  readonly offsets: Int32Array
  readonly bytes: Uint8Array
}
export interface FixedBinaryColumn extends ColumnBase<Kind<'fixedBinary'>> {
  readonly bytes: Uint8Array
}
export interface ListColumn extends ColumnBase<Kind<'list'>> {
  readonly offsets: Int32Array
  readonly item: Column
}
export interface StructColumn extends ColumnBase<Kind<'struct'>> {
  readonly children: readonly Column[]
}

/** Arrays may be longer than `length` asks; what is beyond is not part of the column. */
export type Column =
  | NullColumn
  | BooleanColumn
  | NumberColumn
  | Int64Column
  | BytesColumn
  | FixedBinaryColumn
  | ListColumn
  | StructColumn

export interface Batch {
  readonly schema: Schema
  readonly length: number
  /** One a field of the schema, in its order, each of `length` rows. */
  readonly columns: readonly Column[]
}

/** Rows that a batch holds at most, wherever dunlin cuts batches itself. */
export const BATCH_ROWS = 65_536
/** Bytes of column data at which a batch is cut even if it has few rows. */
export const BATCH_BYTES = 4 << 20

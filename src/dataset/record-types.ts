/** How TypeScript sees the records of a dataset: their columns, and what aggregations over them give. */

/** A record that is one value: a dataset of it has the single column `value`. */
export type Scalar =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | Uint8Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array

/** The columns of a record: `value` of a scalar, `key` and `value` of a pair, the fields of an object. */
export type Columns<T> = T extends Scalar
  ? { value: T }
  : T extends readonly [infer K, infer V]
    ? { key: K; value: V }
    : T

/** The pair that a record is. */
export type PairOf<T> = T extends readonly [infer K, infer V] ? [K, V] : never

/** Names of the columns of a record. */
export type ColumnOf<T> = keyof Columns<T> & string

/** What user functions may return where an answer is needed at once: anything but a promise. */
export type NotThenable =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | (object & { readonly then?: never })

/** One aggregation over a column `C` (`never` where it needs none); `Kind` decides the type of its result. */
export interface Aggregation<C extends string, Kind extends AggregationKind> {
  readonly kind: Kind
  readonly column: C | undefined
}

/** An aggregation of the user's own, which takes records `T` and gives `R`. */
export interface UserKind<T, R> {
  readonly user: R
  readonly takes: (record: T) => void
}

/** Tells `aggregate` which type a result has. */
export type AggregationKind = 'count' | 'sum' | 'mean' | 'same' | UserKind<never, unknown>

type ColumnType<T, C extends string> =
  Columns<T> extends infer Row ? (C extends keyof Row ? Row[C] : never) : never
/** Null where the column may be: an aggregation of nothing but nulls is null. */
type NullOf<V> = null extends V ? null : undefined extends V ? null : never

/** The type of an aggregation's result over records `T`. */
export type ResultOf<T, A> =
  A extends Aggregation<infer C, infer Kind>
    ? Kind extends 'count'
      ? number
      : Kind extends 'mean'
        ? number | NullOf<ColumnType<T, C>>
        : Kind extends 'sum'
          ? (bigint extends ColumnType<T, C> ? bigint : number) | NullOf<ColumnType<T, C>>
          : Kind extends 'same'
            ? NonNullable<ColumnType<T, C>> | NullOf<ColumnType<T, C>>
            : Kind extends { readonly user: infer R }
              ? R
              : never
    : never

/** What the result may be besides where there are no rows at all. */
export type EmptyOf<A> = A extends Aggregation<string, 'sum' | 'mean' | 'same'> ? null : never

/** Aggregations that fit records `T`: they name columns that `T` has; sums and means name numeric ones. */
export type AggregationFor<T> =
  | Aggregation<never, 'count'>
  | Aggregation<ColumnOf<T>, 'count' | 'same'>
  | Aggregation<NumericColumnOf<T>, 'sum' | 'mean'>
  | Aggregation<never, UserKind<T, unknown>>

type ColumnsWhere<T, V> = {
  [C in ColumnOf<T>]: NonNullable<Columns<T>[C & keyof Columns<T>]> extends V ? C : never
}[ColumnOf<T>]
type NumericColumnOf<T> = ColumnsWhere<T, number | bigint>

/** Flattens an intersection for people who hover over it. */
export type Flat<T> = { [K in keyof T]: T[K] } & {}

/** How TypeScript sees a join: what may be said about one, and the records that it gives. */
import type { ColumnOf, Columns, Flat } from './record-types.ts'

type AnyKind = 'text' | 'number' | 'bigint' | 'boolean' | 'date' | 'bytes' | 'other'
/** Values of one kind can be equal. */
type KindOf<V> = unknown extends V
  ? AnyKind
  : [NonNullable<V>] extends [never]
    ? AnyKind
    : KindsOf<NonNullable<V>>
type KindsOf<V> = V extends string
  ? 'text'
  : V extends number
    ? 'number'
    : V extends bigint
      ? 'bigint'
      : V extends boolean
        ? 'boolean'
        : V extends Date
          ? 'date'
          : V extends Uint8Array
            ? 'bytes'
            : 'other'
type KindOfColumn<T, C> = KindOf<Columns<T>[C & keyof Columns<T>]>

/** Columns of `U` whose values can equal those of column `C` of `T`. */
type ColumnLike<U, T, C> = {
  [D in ColumnOf<U>]: [KindOfColumn<U, D> & KindOfColumn<T, C>] extends [never] ? never : D
}[ColumnOf<U>]

/** Columns that both have, and whose values can be equal. */
type CommonColumn<T, U> = true extends HasAnyColumn<T> | HasAnyColumn<U>
  ? ColumnOf<T> & ColumnOf<U>
  : { [C in ColumnOf<T>]: C extends ColumnLike<U, T, C> ? C : never }[ColumnOf<T>]

/** A column of that name in both, several of them, or pairs: the left's column, and the right's that equals it. */
export type JoinOn<T, U> =
  | CommonColumn<T, U>
  | readonly [CommonColumn<T, U>, ...CommonColumn<T, U>[]]
  | { readonly [C in ColumnOf<T>]?: ColumnLike<U, T, C> }

/** How the rows of both sides find each other. */
interface JoinRoute {
  /**
   * `broadcast`: one side is read whole by every task that has a part of the other. `exchange`: equal keys of both
   * sides meet in one partition. `auto` (default): broadcast a side of at most `broadcastBytes`, else exchange.
   */
  readonly strategy?: 'auto' | 'broadcast' | 'exchange'
  /** Up to what size of its files a side counts as small. Default 16 MiB. */
  readonly broadcastBytes?: number
  /** Divide a key that very many rows have among several tasks: `auto` (default) decides by the size of the input. */
  readonly divideSkew?: 'auto' | boolean
}

/** What `join` takes where records of both sides are put together. */
interface MatchOptions<T, U> extends JoinRoute {
  /** The columns that have to be equal; null equals nothing. */
  readonly on: JoinOn<T, U>
  /** `inner` (default): rows that match; `left`, `right`: also those of that side that do not. */
  readonly how?: 'inner' | 'left' | 'right'
  /** Appended to the names of the right's columns that the left has too. */
  readonly suffix?: string
}
/** What `join` takes where also the rows of either side are kept that do not match: each task must have them all. */
interface FullOptions<T, U> {
  readonly on: JoinOn<T, U>
  readonly how: 'full'
  readonly suffix?: string
  readonly strategy?: 'auto' | 'exchange'
  readonly broadcastBytes?: number
  readonly divideSkew?: 'auto' | false
}
/** What `join` takes where the records of the left are only chosen. */
interface ChooseOptions<T, U> extends JoinRoute {
  readonly on: JoinOn<T, U>
  /** `semi`: the rows of the left that match; `anti`: those that do not. */
  readonly how: 'semi' | 'anti'
  readonly suffix?: never
}
/** What `join` takes for every pair of rows. */
interface CrossOptions {
  readonly how: 'cross'
  readonly on?: never
  readonly suffix?: string
  readonly strategy?: 'auto' | 'broadcast'
  /** Up to what size of its files a side may be read by every task. Default 16 MiB. */
  readonly broadcastBytes?: number
  readonly divideSkew?: 'auto' | false
}

/** What `join` takes. */
export type JoinOptions<T, U> = MatchOptions<T, U> | FullOptions<T, U> | ChooseOptions<T, U> | CrossOptions

type How<O> = O extends { readonly how: infer H extends string } ? H : 'inner'
/** Names of the left's key columns. */
type LeftKeys<O> = O extends { readonly on: infer On }
  ? On extends string
    ? On
    : On extends readonly (infer C extends string)[]
      ? C
      : keyof On & string
  : never
/** Names of the right's key columns. */
type RightKeys<O> = O extends { readonly on: infer On }
  ? On extends string
    ? On
    : On extends readonly (infer C extends string)[]
      ? C
      : On[keyof On] & string
  : never
/** The right's key that stands under the name `C` of the left's. */
type PartnerOf<O, C> = O extends { readonly on: infer On }
  ? On extends string | readonly string[]
    ? C
    : C extends keyof On
      ? On[C]
      : never
  : never

type OrNull<V, IsNull> = IsNull extends true ? V | null : V
type KeyValue<H, L, R> = H extends 'inner'
  ? NonNullable<L>
  : H extends 'left'
    ? L
    : H extends 'right'
      ? NonNullable<L> | R
      : L | R

type LeftPart<T, U, O, H> = {
  [C in keyof Columns<T>]: C extends LeftKeys<O>
    ? KeyValue<H, Columns<T>[C], Columns<U>[PartnerOf<O, C> & keyof Columns<U>]>
    : OrNull<Columns<T>[C], H extends 'right' | 'full' ? true : false>
}
type RightPart<T, U, O, H> = {
  [C in keyof Columns<U> as C extends RightKeys<O> ? never : RightName<T, O, C>]: OrNull<
    Columns<U>[C],
    H extends 'left' | 'full' ? true : false
  >
}
type RightName<T, O, C> = C extends keyof Columns<T>
  ? C extends string
    ? O extends { readonly suffix: infer S extends string }
      ? `${C}${S}`
      : C
    : never
  : C

type HasAnyColumn<T> = string extends keyof Columns<T> ? true : false
type JoinedBy<T, U, O, H> = H extends 'semi' | 'anti'
  ? T
  : true extends HasAnyColumn<T> | HasAnyColumn<U>
    ? Record<string, unknown>
    : Flat<LeftPart<T, U, O, H> & RightPart<T, U, O, H>>

/** The records of a join with options `O`: the left's columns, then those of the right that are not keys. */
export type Joined<T, U, O> = JoinedBy<T, U, O, How<O>>

/** Names that would stand twice in the result. */
type Clash<T, U, O> = true extends HasAnyColumn<T> | HasAnyColumn<U>
  ? never
  : Exclude<keyof Columns<U>, RightKeys<O>> & keyof Columns<T> & string

/** What must be said besides: `suffix` where names clash, and nothing that there is not. */
export type JoinDemands<T, U, O> = { readonly [P in Exclude<keyof O, JoinOptionName>]: never } & ([
  Clash<T, U, O>,
] extends [never]
  ? unknown
  : How<O> extends 'semi' | 'anti'
    ? unknown
    : NeedsSuffix<Clash<T, U, O>>)
type JoinOptionName = keyof MatchOptions<unknown, unknown>
/** Both sides have columns of these names that are not keys: say what to append to the right's. */
interface NeedsSuffix<_Names extends string> {
  readonly suffix: string
}

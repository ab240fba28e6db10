/** Accumulator: what an aggregation holds for each group. */
import type { Column } from '../batch/batch.ts'
import { bitAt } from '../batch/growing.ts'

/** Groups are dense ids; `resize` is called before an id is used, `clear` before ids start anew. */
export interface Accumulator {
  /** Room for groups below `groups`. */
  resize(groups: number): void
  /** Empties it. What it has learnt about types stays. */
  clear(): void
  /** Counted bytes of the states of so many groups. */
  sizeBytes(groups: number): number
  /** What the state columns are called: each is `as` and one of these. */
  readonly suffixes: readonly string[]
  /** Whether the states of so many groups can all be given; where it is not there they can. */
  fits?(groups: number): boolean
  /** The states of these groups, a column for each suffix. */
  states(groups: Int32Array): readonly Column[]
  /** Merges states from such columns: those of rows `from … to - 1` into the groups at the same places. */
  merge(states: readonly Column[], groups: Int32Array, from: number, to: number): void
  /** The results of these groups. */
  result(groups: Int32Array): Column
}

/** An accumulator that takes the values of a column; null and undefined are skipped. */
export interface ValueAccumulator extends Accumulator {
  add(group: number, value: unknown): void
  /** Adds rows `from … to - 1` to the groups at the same places. */
  addColumn(column: Column, groups: Int32Array, from: number, to: number): void
}

/** An array of at least `length` elements with the same content. */
export function resized<A extends Float64Array | BigInt64Array | Uint8Array>(array: A, length: number): A {
  if (length <= array.length) return array
  const bigger = new (array.constructor as new (length: number) => A)(Math.max(length, array.length * 2))
  bigger.set(array as never)
  return bigger
}

export const isValid = (column: Column, row: number): boolean =>
  column.nullCount === 0 || column.validity === null || bitAt(column.validity, row)

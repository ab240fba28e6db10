/** RowSorter: the order of rows by their encoded keys, by radix sort in units that fit the cache. */
import { NO_OFFSETS, unset } from '../batch/growing.ts'
import type { EncodedKeys } from './order-key.ts'
import { type RowRange, rowRef } from './row-ref.ts'
import { UNIT_ROWS, UnitSorter } from './unit-sorter.ts'
import { compareFrom, lengthWithin, scaleTo, seenInOrder, WINDOW_BYTES, windowOf } from './window.ts'

/** Rows that share a window are divided into so many at once: more would be more open places than the cache has. */
const BUCKETS = 2048

/**
 * Sorts stably, by windows of a few bytes of each key: rows of too many for the cache are divided by the high bits of
 * their window until they are few enough for a `UnitSorter`; rows that a whole window does not tell apart go on with
 * the next one. Work is linear in the bytes that tell the keys apart, whatever they are: what is compared is the few rows
 * that are left together at the end, and neighbours as long as they stand in order.
 *
 * Memory: 12 bytes a row besides what it gives, and a workspace of less than 1 MB that it keeps.
 */
export class RowSorter {
  readonly #unit = new UnitSorter((from, to, depth) => this.#later(from, to, depth))
  readonly #counts = new Int32Array(BUCKETS)
  /** Rows that wait to be sorted, three numbers each: from, to, and how many bytes they share. */
  readonly #groups: number[] = []
  #keys: readonly EncodedKeys[] = []
  #order: Int32Array = new Int32Array(0)
  #moved: Int32Array = new Int32Array(0)
  #movedWindows = new Float64Array(0)
  #windows = 0
  #comparisons = 0

  /** What was done so far: windows read and keys compared. */
  get work(): { readonly windows: number; readonly comparisons: number } {
    return {
      windows: this.#windows + this.#unit.windows,
      comparisons: this.#comparisons + this.#unit.comparisons,
    }
  }

  /**
   * The rows of all ranges in order, as `rowRef`s to the index of the range and the row in its batch; null where they
   * are in order as they stand. Ties: earlier ranges first, in each earlier rows first.
   */
  sort(ranges: readonly RowRange[]): Int32Array | null {
    const rows = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
    const keys = ranges.map(range => range.keys)
    const order = identity(ranges, rows)
    const ascending = ascendingRows(keys, order)
    if (ascending === rows) return null
    if (ascending === 1 && isDescending(keys, order)) return order.reverse()
    this.#keys = keys
    this.#order = order
    this.#later(0, rows, 0)
    for (let depth = this.#groups.pop(); depth !== undefined; depth = this.#groups.pop()) {
      const to = this.#groups.pop()!
      const from = this.#groups.pop()!
      // Rows of equal keys are many where keys are few: one look ends what several rounds would find out.
      if (this.#standInOrder(from, to, depth < 0 ? ~depth : depth)) continue
      if (depth < 0) this.#divideByLength(from, to, ~depth)
      else if (to - from > UNIT_ROWS) this.#divide(from, to, depth)
      else this.#sortUnit(from, to, depth)
    }
    this.#release()
    return order
  }

  #later(from: number, to: number, depth: number): void {
    if (to - from > 1) this.#groups.push(from, to, depth)
  }

  /** Ends at the first row that does not, or whose order a few bytes do not tell. */
  #standInOrder(from: number, to: number, depth: number): boolean {
    const keys = this.#keys
    const order = this.#order
    let row = from + 1
    while (row < to && seenInOrder(keys, order[row - 1]!, order[row]!, depth)) row++
    this.#comparisons += Math.min(row, to - 1) - from
    return row === to
  }

  #release(): void {
    this.#keys = []
    this.#order = new Int32Array(0)
    this.#moved = new Int32Array(0)
    this.#movedWindows = new Float64Array(0)
  }

  /** Moves the rows into buckets: small neighbours are sorted together at once, large ones alone and later. */
  #divide(from: number, to: number, depth: number): void {
    const rows = to - from
    const refs = this.#order.subarray(from, to)
    const { least, greatest } = extremes(this.#keys, refs, depth)
    this.#windows += rows
    if (least === greatest) {
      this.#divideByLength(from, to, depth)
      return
    }
    const windows = this.#moveByWindow(refs, depth, { least, scale: scaleTo(BUCKETS, greatest - least + 1) })
    let start = 0
    for (let b = 0; b < BUCKETS; b++) {
      const end = this.#counts[b]!
      if (b + 1 < BUCKETS && this.#counts[b + 1]! - start <= UNIT_ROWS) continue
      if (end - start > UNIT_ROWS) this.#later(from + start, from + end, depth)
      else this.#sortUnit(from + start, from + end, depth, windows.subarray(start, end))
      start = end
    }
  }

  /** Gives the windows in the order of the rows; the counts are the ends of the buckets afterwards. */
  #moveByWindow(
    refs: Int32Array,
    depth: number,
    { least, scale }: { readonly least: number; readonly scale: number },
  ): Float64Array {
    const keys = this.#keys
    const counts = this.#counts.fill(0)
    for (let i = 0; i < refs.length; i++) counts[((windowOf(keys, refs[i]!, depth) - least) * scale) | 0]!++
    startsOf(counts)
    this.#windows += 2 * refs.length
    const moved = this.#roomFor(refs.length)
    if (this.#movedWindows.length < refs.length) this.#movedWindows = unset(this.#movedWindows, refs.length)
    const windows = this.#movedWindows
    for (let i = 0; i < refs.length; i++) {
      // Read again: cheap in the order of the rows, and keeping them would take as much memory once more.
      const window = windowOf(keys, refs[i]!, depth)
      const to = counts[((window - least) * scale) | 0]!++
      moved[to] = refs[i]!
      windows[to] = window
    }
    refs.set(moved.subarray(0, refs.length))
    return windows
  }

  /** Rows of one window: those whose keys end within it come first, the shortest first; the others go on behind it. */
  #divideByLength(from: number, to: number, depth: number): void {
    const keys = this.#keys
    const refs = this.#order.subarray(from, to)
    const counts = this.#counts.fill(0)
    for (let i = 0; i < refs.length; i++) counts[lengthWithin(keys, refs[i]!, depth)]!++
    const longer = counts[WINDOW_BYTES + 1]!
    if (longer < refs.length) {
      startsOf(counts)
      const moved = this.#roomFor(refs.length)
      for (let i = 0; i < refs.length; i++) {
        moved[counts[lengthWithin(keys, refs[i]!, depth)]!++] = refs[i]!
      }
      refs.set(moved.subarray(0, refs.length))
    }
    this.#later(to - longer, to, depth + WINDOW_BYTES)
  }

  #roomFor(rows: number): Int32Array {
    if (this.#moved.length < rows) this.#moved = unset(this.#moved, rows)
    return this.#moved
  }

  #sortUnit(from: number, to: number, depth: number, windows?: Float64Array): void {
    this.#unit.sort({ keys: this.#keys, order: this.#order, from, to, depth, ...(windows && { windows }) })
  }
}

/** Counts of buckets to the places of their first rows. */
function startsOf(counts: Int32Array): void {
  for (let b = 0, at = 0; b < counts.length; b++) {
    const count = counts[b]!
    counts[b] = at
    at += count
  }
}

function identity(ranges: readonly RowRange[], rows: number): Int32Array {
  const order = unset(NO_OFFSETS, rows)
  let at = 0
  ranges.forEach(({ from, to }, range) => {
    for (let row = from; row < to; row++) order[at++] = rowRef(range, row)
  })
  return order
}

/** How many rows from the first on are in order. */
function ascendingRows(keys: readonly EncodedKeys[], order: Int32Array): number {
  let rows = 1
  while (rows < order.length && compareFrom(keys, order[rows - 1]!, order[rows]!, 0) <= 0) rows++
  return Math.min(rows, order.length)
}

/** Every row comes before the one that stands before it; equal rows would change places. */
function isDescending(keys: readonly EncodedKeys[], order: Int32Array): boolean {
  for (let i = 1; i < order.length; i++) if (compareFrom(keys, order[i - 1]!, order[i]!, 0) <= 0) return false
  return true
}

function extremes(
  keys: readonly EncodedKeys[],
  refs: Int32Array,
  depth: number,
): { least: number; greatest: number } {
  let least = Number.POSITIVE_INFINITY
  let greatest = 0
  for (let i = 0; i < refs.length; i++) {
    const window = windowOf(keys, refs[i]!, depth)
    if (window < least) least = window
    if (window > greatest) greatest = window
  }
  return { least, greatest }
}

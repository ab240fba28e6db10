/** UnitSorter: sorts as many rows as fit the cache by one window of their keys. */
import type { EncodedKeys } from './order-key.ts'
import { compareFrom, scaleTo, WINDOW_BYTES, windowOf } from './window.ts'

/** Rows whose windows and radix passes stay in a second-level cache of 1 MB. */
export const UNIT_ROWS = 1 << 15
/** Rows that are put in order by insertion: few enough that no order of theirs is slow. */
const FEW_ROWS = 16
/** Bits of one radix pass at most: the places it writes to stay in the first-level cache. */
const DIGIT_BITS = 11
/** Up to here one pass has eight digits or more for each row: a second would tell few more apart. */
const ONE_PASS_ROWS = 255

/** Rows `from … to - 1` of `order`, whose keys share `depth` bytes. */
export interface Unit {
  readonly keys: readonly EncodedKeys[]
  readonly order: Int32Array
  readonly from: number
  readonly to: number
  readonly depth: number
  /** The rows' windows, where they are known. */
  readonly windows?: Float64Array
}

/** Takes rows that are still to be sorted; a negative depth is `~depth`, and says that a whole window there is equal. */
export type Later = (from: number, to: number, depth: number) => void

/**
 * Sorts by the highest bits in which the windows differ: one or two passes of counting sort. Where rows are still
 * equal, few are put right by insertion, and many are given to `later`, in a range of windows at least 128 times narrower.
 */
export class UnitSorter {
  readonly #later: Later
  readonly #ownWindows = new Float64Array(UNIT_ROWS)
  #windows: Float64Array = this.#ownWindows
  /** The bits that are sorted by, and the place of each row in the unit. */
  #digits = new Int32Array(UNIT_ROWS)
  #places = new Uint16Array(UNIT_ROWS)
  #otherDigits = new Int32Array(UNIT_ROWS)
  #otherPlaces = new Uint16Array(UNIT_ROWS)
  readonly #starts = new Int32Array(1 << DIGIT_BITS)
  readonly #refs = new Int32Array(UNIT_ROWS)
  /** Windows read and keys compared so far. */
  windows = 0
  comparisons = 0

  constructor(later: Later) {
    this.#later = later
  }

  sort(unit: Unit): void {
    const { from, to, depth } = unit
    const rows = to - from
    if (rows <= FEW_ROWS) {
      this.#insertAll(unit)
      return
    }
    const windows = (this.#windows = unit.windows ?? this.#read(unit))
    let least = Number.POSITIVE_INFINITY
    let greatest = 0
    for (let i = 0; i < rows; i++) {
      const window = windows[i]!
      if (window < least) least = window
      if (window > greatest) greatest = window
    }
    if (least === greatest) {
      this.#later(from, to, ~depth)
      return
    }
    const bits = rows <= ONE_PASS_ROWS ? 35 - Math.clz32(rows) : 2 * DIGIT_BITS
    const scale = scaleTo(2 ** bits, greatest - least + 1)
    const digits = this.#digits
    const places = this.#places
    for (let i = 0; i < rows; i++) {
      digits[i] = (windows[i]! - least) * scale
      places[i] = i
    }
    this.#pass(rows, 0, Math.min(bits, DIGIT_BITS))
    if (bits > DIGIT_BITS) this.#pass(rows, DIGIT_BITS, bits - DIGIT_BITS)
    this.#write(unit)
    this.#putRight(unit, scale === 1 ? 'exact' : 'rounded')
  }

  #read({ keys, order, from, to, depth }: Unit): Float64Array {
    const windows = this.#ownWindows
    for (let i = from; i < to; i++) windows[i - from] = windowOf(keys, order[i]!, depth)
    this.windows += to - from
    return windows
  }

  /** A counting sort by some bits, stable: the least significant ones first, and all are sorted. */
  #pass(rows: number, shift: number, bits: number): void {
    const digits = this.#digits
    const places = this.#places
    const toDigits = this.#otherDigits
    const toPlaces = this.#otherPlaces
    const mask = (1 << bits) - 1
    const starts = this.#starts.fill(0, 0, mask + 1)
    for (let i = 0; i < rows; i++) starts[(digits[i]! >>> shift) & mask]!++
    for (let digit = 0, at = 0; digit <= mask; digit++) {
      const count = starts[digit]!
      starts[digit] = at
      at += count
    }
    for (let i = 0; i < rows; i++) {
      const digit = digits[i]!
      const to = starts[(digit >>> shift) & mask]!++
      toDigits[to] = digit
      toPlaces[to] = places[i]!
    }
    this.#digits = toDigits
    this.#places = toPlaces
    this.#otherDigits = digits
    this.#otherPlaces = places
  }

  #write({ order, from, to }: Unit): void {
    const refs = this.#refs
    const places = this.#places
    const rows = to - from
    refs.set(order.subarray(from, to))
    for (let i = 0; i < rows; i++) order[from + i] = refs[places[i]!]!
  }

  /** Looks after rows of equal digits. */
  #putRight(unit: Unit, digitsAre: 'exact' | 'rounded'): void {
    const { from, to, depth } = unit
    const digits = this.#digits
    const rows = to - from
    for (let start = 0; start < rows; ) {
      const digit = digits[start]!
      let end = start + 1
      while (end < rows && digits[end] === digit) end++
      if (end - start > FEW_ROWS)
        this.#later(from + start, from + end, digitsAre === 'exact' ? ~depth : depth)
      else if (end - start > 1) this.#insert(unit, start, end)
      start = end
    }
  }

  /** Insertion by the windows, and by the keys behind them where those are equal. */
  #insert({ keys, order, from, depth }: Unit, start: number, end: number): void {
    const windows = this.#windows
    const places = this.#places
    for (let i = start + 1; i < end; i++) {
      const place = places[i]!
      const window = windows[place]!
      const ref = order[from + i]!
      let at = i
      while (at > start) {
        const before = windows[places[at - 1]!]!
        if (before < window) break
        if (before === window) {
          this.comparisons++
          if (compareFrom(keys, order[from + at - 1]!, ref, depth + WINDOW_BYTES) <= 0) break
        }
        places[at] = places[at - 1]!
        order[from + at] = order[from + at - 1]!
        at--
      }
      places[at] = place
      order[from + at] = ref
    }
  }

  #insertAll({ keys, order, from, to, depth }: Unit): void {
    for (let i = from + 1; i < to; i++) {
      const ref = order[i]!
      let at = i
      while (at > from) {
        this.comparisons++
        if (compareFrom(keys, order[at - 1]!, ref, depth) <= 0) break
        order[at] = order[at - 1]!
        at--
      }
      order[at] = ref
    }
  }
}

/** LineFramer: cuts the bytes of a split into the lines that belong to it. */
import { DunlinError } from '../errors.ts'
import { findLineFeeds } from './find-line-feeds.ts'

/** Longer lines are refused: they would not fit the memory of a task, and are hardly ever lines. */
export const MAX_LINE_BYTES = 256 << 20

/** Lines handed over at once, at most: bounds the arrays below, not the result. */
const RUN_LINES = 16_384
/** A carry that grew past this is given back once its line is complete. */
const CARRY_KEPT_BYTES = 1 << 20
const LF = 10
const CR = 13

/** Complete lines that lie in one buffer. Valid only until the receiver returns. */
export interface LineRun {
  readonly bytes: Uint8Array
  /** Offset of `bytes[0]` in the object. */
  readonly offset: number
  readonly count: number
  /** Line i is `bytes[starts[i], stops[i])`, without its line end. */
  readonly starts: Int32Array
  readonly stops: Int32Array
}

/**
 * Where a line is, without reading anything again: `file:line` where the range begins with the object, so that its
 * lines are counted from the first one on; else by its first byte.
 */
export function linePlace({ uri, start }: LineRange, line: number, offset: number): string {
  return start === 0 ? `${uri}:${line}` : `${uri} at byte ${offset}`
}

export type TakeLines = (run: LineRun) => void

/** The byte range of an object that a split covers; `end` may lie past the object (Infinity: all of it). */
export interface LineRange {
  readonly uri: string
  readonly start: number
  readonly end: number
}

/**
 * A line belongs to the split in which its first byte lies. So a split that does not begin at 0 looks at the byte
 * before it (is `start` the start of a line?), and every split reads on past its end until its last line is complete.
 * LF and CRLF end a line, a lone CR does not; the last line needs no end; an object that ends with a line end has no
 * empty line after it. A UTF-8 byte order mark at the start of the object is dropped.
 *
 * Memory: one line. Lines that lie within a pushed buffer are not copied.
 */
export class LineFramer {
  /** Offset of the first byte to push. */
  readonly from: number
  readonly #uri: string
  readonly #end: number
  readonly #feeds: Int32Array
  readonly #starts: Int32Array
  readonly #stops: Int32Array
  /** Offset of the next byte to be pushed. */
  #position: number
  /** No line of this split has begun yet. */
  #seeking: boolean
  #done: boolean
  #carry = new Uint8Array(0)
  #carried = 0

  constructor(range: LineRange) {
    this.#uri = range.uri
    this.#end = range.end
    this.from = range.start > 0 ? range.start - 1 : 0
    this.#position = this.from
    this.#seeking = range.start > 0
    this.#done = range.start >= range.end
    // A task may read thousands of small objects.
    const lines = Math.max(16, Math.min(RUN_LINES, range.end - range.start))
    this.#feeds = new Int32Array(lines)
    this.#starts = new Int32Array(lines)
    this.#stops = new Int32Array(lines)
  }

  /** The next bytes, which are not kept. Returns true when no more are needed. */
  push(bytes: Uint8Array, take: TakeLines): boolean {
    if (this.#done) return true
    const offset = this.#position
    this.#position += bytes.length
    let at = 0
    if (this.#seeking) {
      at = bytes.indexOf(LF) + 1
      if (at === 0) return (this.#done = this.#position + 1 >= this.#end)
      this.#seeking = false
    } else if (this.#carried > 0) {
      const feed = bytes.indexOf(LF)
      this.#keep(bytes, 0, feed < 0 ? bytes.length : feed)
      if (feed < 0) return false
      this.#takeCarry(offset + feed - this.#carried, true, take)
      at = feed + 1
    }
    // Up to here every line feed ends a line and begins another of this split.
    const inside = Math.min(bytes.length, this.#end - 1 - offset)
    while (at < inside) {
      const found = findLineFeeds(bytes, at, inside, this.#feeds)
      if (found === 0) break
      at = this.#takeRun(bytes, offset, at, found, take)
    }
    if (offset + at >= this.#end) return (this.#done = true)
    // What is left is one line that has begun in this split, and may end in this buffer.
    const last = bytes.indexOf(LF, Math.max(at, inside))
    if (last < 0) {
      this.#keep(bytes, at, bytes.length)
      return false
    }
    this.#feeds[0] = last
    this.#takeRun(bytes, offset, at, 1, take)
    return (this.#done = true)
  }

  /** The object has ended: its last line may have no line end. */
  finish(take: TakeLines): void {
    if (!this.#done && this.#carried > 0) this.#takeCarry(this.#position - this.#carried, false, take)
    this.#done = true
  }

  #takeRun(bytes: Uint8Array, offset: number, from: number, count: number, take: TakeLines): number {
    const feeds = this.#feeds
    const starts = this.#starts
    const stops = this.#stops
    let start = from
    for (let i = 0; i < count; i++) {
      const feed = feeds[i]!
      starts[i] = start
      stops[i] = feed > start && bytes[feed - 1] === CR ? feed - 1 : feed
      start = feed + 1
    }
    if (offset + from === 0) starts[0] = afterByteOrderMark(bytes, from, stops[0]!)
    take({ bytes, offset, count, starts, stops })
    return start
  }

  #takeCarry(offset: number, ended: boolean, take: TakeLines): void {
    const bytes = this.#carry
    const length = this.#carried
    this.#carried = 0
    const stop = ended && bytes[length - 1] === CR ? length - 1 : length
    const start = offset === 0 ? afterByteOrderMark(bytes, 0, stop) : 0
    this.#starts[0] = start
    this.#stops[0] = stop
    // A byte order mark and nothing else is an empty object.
    if (ended || start < stop) {
      take({ bytes, offset, count: 1, starts: this.#starts, stops: this.#stops })
    }
    if (bytes.length > CARRY_KEPT_BYTES) this.#carry = new Uint8Array(0)
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    const needed = this.#carried + to - from
    if (needed > MAX_LINE_BYTES) {
      throw new DunlinError('TOO_LARGE', `${this.#uri} has a line longer than ${MAX_LINE_BYTES >> 20} MB`, {
        hint: 'Is it a text file? Break its lines, or read it in another format.',
        place: { at: `${this.#uri} at byte ${this.#position - bytes.length + from - this.#carried}` },
      })
    }
    if (needed > this.#carry.length) {
      const bigger = new Uint8Array(Math.max(256, needed, Math.min(this.#carry.length * 2, MAX_LINE_BYTES)))
      bigger.set(this.#carry.subarray(0, this.#carried))
      this.#carry = bigger
    }
    this.#carry.set(bytes.subarray(from, to), this.#carried)
    this.#carried = needed
  }
}

function afterByteOrderMark(bytes: Uint8Array, start: number, stop: number): number {
  const marked =
    stop - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf
  return marked ? start + 3 : start
}

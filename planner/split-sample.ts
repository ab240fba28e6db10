/** Which part of each split is read to sample its rows: evenly spread pieces, from the splits alone. */
import type { ReadFormat } from '../operators/index.ts'
import { piecesHash } from './listing-hash.ts'
import type { Split, SplitRange } from './physical.ts'
import { recordBytes, type ScanSplits } from './splits.ts'

const KIB = 1 << 10
/** Up to here reading everything costs less than a sample that is off. */
const READ_WHOLE_BYTES = 64 << 20
const FRACTION = 1 / 16
/** Smaller pieces cost a request for little. */
const MIN_PIECE_BYTES = 64 * KIB
const MAX_PIECES_A_SPLIT = 16
/** Of a source: the driver holds the pieces, and many splits are spread enough with few pieces each. */
const MAX_PIECES = 65_536

export interface SampledSplits {
  /** As many splits as the whole has: task i samples what task i reads. */
  readonly cut: ScanSplits
  /** The share of each split's bytes that is read. */
  readonly fraction: number
}

/** A compressed object can be read from its start only; batches and numbers are cheap to read, or few. */
function isReadWhole({ splits, bytes }: ScanSplits, { format }: ReadFormat): boolean {
  if (bytes <= READ_WHOLE_BYTES || format === 'arrow' || format === 'range') return true
  return splits.some(({ ranges }) => ranges.some(({ compression }) => compression !== undefined))
}

/** The pieces of a split: evenly spaced over its ranges, as if they were one. */
class SplitSampler {
  readonly #pieces: number
  readonly #alignment: number

  constructor(splits: number, alignment: number) {
    const most = Math.floor(MAX_PIECES / splits)
    this.#pieces = Math.min(Math.max(most, 1), MAX_PIECES_A_SPLIT)
    this.#alignment = alignment
  }

  sample({ ranges }: Split): Split {
    let bytes = 0
    for (const { start, end } of ranges) bytes += end - start
    const wanted = bytes * FRACTION
    const count = Math.min(Math.max(Math.floor(wanted / MIN_PIECE_BYTES), 1), this.#pieces)
    const every = bytes / count
    const length = wanted / count
    const pieces: SplitRange[] = []
    let piece = 0
    let before = 0
    for (const range of ranges) {
      const rangeBytes = range.end - range.start
      // A piece that reaches over the end of a range goes on at the start of the next.
      for (; piece < count; piece++) {
        const from = piece * every + (every - length) / 2 - before
        if (from >= rangeBytes) break
        const cut = this.#cut(range, Math.max(from, 0), Math.min(from + length, rangeBytes))
        if (cut !== null) pieces.push(cut)
        if (from + length > rangeBytes) break
      }
      before += rangeBytes
    }
    return Object.freeze({ ranges: Object.freeze(pieces) })
  }

  /** Both ends are rounded in the same way, so that what is read is the wanted share on average. */
  #cut(range: SplitRange, from: number, to: number): SplitRange | null {
    const start = range.start + this.#rounded(range.start, from)
    const end = range.start + this.#rounded(range.start, to)
    return start >= end ? null : Object.freeze({ ...range, start, end: Math.min(end, range.end) })
  }

  /** The offset, at the next record that starts there or later. */
  #rounded(start: number, offset: number): number {
    const position = start + Math.round(offset)
    return Math.ceil(position / this.#alignment) * this.#alignment - start
  }
}

export function sampleSplits(cut: ScanSplits, format: ReadFormat): SampledSplits {
  if (isReadWhole(cut, format)) return { cut, fraction: 1 }
  const sampler = new SplitSampler(cut.splits.length, recordBytes(format))
  const splits = Object.freeze(cut.splits.map(split => sampler.sample(split)))
  let bytes = 0
  for (const { ranges } of splits) for (const { start, end } of ranges) bytes += end - start
  return {
    cut: { ...cut, splits, bytes, listing: piecesHash(cut.listing, splits) },
    fraction: FRACTION,
  }
}

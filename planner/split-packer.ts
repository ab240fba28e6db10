/** Packs the pieces of a listing into splits: neighbours share a split as long as they fit. */
import { DunlinError } from '../operators/index.ts'
import type { Split, SplitRange } from './physical.ts'

/** A task's event carries its ranges: more of them would make it larger than clouds take (and the driver slow). */
const RANGES_A_SPLIT = 128
/** A stage of more tasks is a mistake in `splitBytes`, and its splits would fill the driver's memory. */
export const SPLITS_A_SCAN = 1_000_000

/** @throws DunlinError `INVALID_PLAN` */
export function tooManySplits(): never {
  throw new DunlinError('INVALID_PLAN', `a source would be read by more than ${SPLITS_A_SCAN} tasks`, {
    hint: 'Ask for larger splits with `splitBytes` (for a range: `splitRows`).',
  })
}

export class SplitPacker {
  readonly #splitBytes: number
  readonly #splits: Split[] = []
  #ranges: SplitRange[] = []
  #bytes = 0

  constructor(splitBytes: number) {
    this.#splitBytes = splitBytes
  }

  /** Adds the next piece, in the order of the records. */
  add(range: SplitRange, sizeBytes: number): void {
    const full = this.#bytes + sizeBytes > this.#splitBytes || this.#ranges.length === RANGES_A_SPLIT
    if (full) this.#close()
    this.#ranges.push(Object.freeze(range))
    this.#bytes += sizeBytes
  }

  /** The splits; one without ranges where there is nothing, so that empty inputs still give their outputs. */
  finish(): readonly Split[] {
    this.#close()
    if (this.#splits.length === 0) this.#splits.push(Object.freeze({ ranges: Object.freeze([]) }))
    return Object.freeze(this.#splits)
  }

  #close(): void {
    if (this.#ranges.length === 0) return
    if (this.#splits.length === SPLITS_A_SCAN) tooManySplits()
    this.#splits.push(Object.freeze({ ranges: Object.freeze(this.#ranges) }))
    this.#ranges = []
    this.#bytes = 0
  }
}

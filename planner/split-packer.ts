/** Packs the pieces of a listing into splits: neighbours share a split as long as they fit. */
import { MAX_TASKS, tooManyTasks } from './max-tasks.ts'
import type { Split, SplitRange } from './physical.ts'

/** A task's event carries its ranges: more of them would make it larger than clouds take (and the driver slow). */
const RANGES_A_SPLIT = 128

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
    if (this.#splits.length === MAX_TASKS) tooManyTasks('a source')
    this.#splits.push(Object.freeze({ ranges: Object.freeze(this.#ranges) }))
    this.#ranges = []
    this.#bytes = 0
  }
}

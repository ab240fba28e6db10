/** IndexRange: the rows of some neighbouring partitions in the index of a manifest, filled task after task. */
import { INDEXED_BYTES, manifestRowBytes, writeIndexed } from './manifest.ts'
import type { SliceEntry } from './slice-entry.ts'

export interface Partitions {
  readonly from: number
  /** The first that is not of them. */
  readonly to: number
}

export class IndexRange {
  readonly #tasks: number
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView
  #from = 0
  #width = 0
  /** The next entry, counted by task, then partition. */
  #next = 0

  /** Has memory for `width` partitions at most. */
  constructor(tasks: number, width: number) {
    this.#tasks = tasks
    this.#bytes = new Uint8Array(width * manifestRowBytes(tasks))
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Other partitions, in the same memory: what `finish` gave before is done with. */
  begin({ from, to }: Partitions): void {
    this.#from = from
    this.#width = to - from
    this.#next = 0
  }

  /** In ascending order of tasks, then of partitions; those in between that are passed over have no rows. */
  add(task: number, partition: number, entry: SliceEntry): void {
    const at = task * this.#width + partition - this.#from
    this.#fillTo(at)
    this.#write(at, entry)
    this.#next = at + 1
  }

  finish(): Uint8Array {
    this.#fillTo(this.#tasks * this.#width)
    return this.#bytes.subarray(0, this.#width * manifestRowBytes(this.#tasks))
  }

  #fillTo(at: number): void {
    for (; this.#next < at; this.#next++) this.#write(this.#next, undefined)
  }

  #write(at: number, entry: SliceEntry | undefined): void {
    const task = Math.floor(at / this.#width)
    const row = at - task * this.#width
    const offset = (row * this.#tasks + task) * INDEXED_BYTES
    writeIndexed(this.#view, offset, entry, { partition: this.#from + row, task })
  }
}

/** MergedObject: the shuffle object of a task that merges, written as its slices come. */
import { ArrowFileWriter, type Batch, DunlinError, type Schema } from '../../operators/index.ts'
import type { CommitRecord } from '../shuffle/commit-record.ts'
import { crcOfPieces } from '../shuffle/crc-of-pieces.ts'
import { JoinedWriter } from '../shuffle/joined-writer.ts'
import { dataKey } from '../shuffle/keys.ts'
import { sliceSeed } from '../shuffle/slice-entry.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { StageTaskEvent } from './task-event.ts'

type Slices = CommitRecord['slices'][number][]

interface OpenSlice {
  readonly row: number
  readonly offset: number
  crc: number
  rows: number
}

/** Memory: a batch and a megabyte, beside what the store holds of a part. */
export class MergedObject {
  readonly #store: ObjectStore
  readonly #event: StageTaskEvent
  readonly #key: string
  readonly #schema: Schema
  readonly #slices: Slices = []
  #file: ArrowFileWriter | null = null
  #writer: JoinedWriter | null = null
  #open: OpenSlice | null = null
  rows = 0

  constructor(store: ObjectStore, event: StageTaskEvent, schema: Schema) {
    this.#store = store
    this.#event = event
    this.#schema = schema
    this.#key = dataKey(event.job, event.stage, event)
  }

  /** In ascending order of rows of the index. */
  async push(row: number, batch: Batch): Promise<void> {
    if (batch.length === 0) return
    if (this.#file === null) {
      this.#file = new ArrowFileWriter(this.#schema)
      this.#writer = new JoinedWriter(await this.#store.writer(this.#key))
      await this.#writer.write(this.#file.begin())
    }
    if (this.#open?.row !== row) this.#begin(row, this.#file.sizeBytes)
    const slice = this.#open!
    const pieces = this.#file.write(batch)
    slice.crc = crcOfPieces(pieces, slice.crc)
    slice.rows += batch.length
    this.rows += batch.length
    await this.#writer!.write(pieces)
  }

  /** Nothing is written where there was no row. */
  async finish(): Promise<{
    readonly schema: Schema | null
    readonly slices: Slices
    readonly bytesOut: number
  }> {
    if (this.#file === null) return { schema: null, slices: [], bytesOut: 0 }
    this.#end(this.#file.sizeBytes)
    await this.#writer!.write(this.#file.finish())
    await this.#writer!.close()
    return { schema: this.#schema, slices: this.#slices, bytesOut: this.#file.sizeBytes }
  }

  /** Removes what was written. Never throws. */
  async abort(): Promise<void> {
    await this.#writer?.abort()
    if (this.#writer !== null) await this.#store.delete([this.#key]).catch(() => undefined)
  }

  #begin(row: number, offset: number): void {
    this.#end(offset)
    if ((this.#slices.at(-1)?.partition ?? -1) >= row) {
      throw new DunlinError(
        'INTERNAL',
        `row ${row} of an index came after row ${this.#slices.at(-1)!.partition}`,
      )
    }
    const { stage, task } = this.#event
    this.#open = { row, offset, crc: sliceSeed({ stage, task, partition: row }), rows: 0 }
  }

  #end(offset: number): void {
    if (this.#open === null) return
    const { row, crc, rows, offset: start } = this.#open
    const entry = { offset: start, byteLength: offset - start, rows, crc32: crc }
    this.#slices.push({ partition: row, entry })
    this.#open = null
  }
}

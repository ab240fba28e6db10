/** RecordsReader: records of fixed length, from the bytes of the file to one fixedBinary column. */
import { BATCH_ROWS } from '../batch/batch.ts'
import type { Schema } from '../batch/column-type.ts'
import { DunlinError } from '../errors.ts'
import type { Emit } from '../operator.ts'
import type { BadRecords } from '../rows/bad-records.ts'
import type { ReadFormat } from '../spec.ts'
import type { LineRange } from './line-framer.ts'
import type { SplitReader } from './split-reader.ts'

type RecordsFormat = Extract<ReadFormat, { format: 'records' }>

/** Batches that stay in the cache while their rows are gathered for many partitions. */
const BATCH_BYTES = 1 << 20
/** Room that an object of unknown length is given at first. */
const FIRST_BYTES = 64 << 10
/** Rows of whole words are copied word by word. */
const WORD_BYTES = 4

/**
 * A record belongs to the split in which its first byte lies. Batches end where their rows and bytes say, however bytes
 * arrive: a piece that is just a batch becomes one, of others the bytes are copied once, into the column.
 *
 * Memory: one batch.
 */
export class RecordsReader implements SplitReader {
  readonly from: number
  readonly to: number
  readonly invalidText = 0
  /** A record cut short is located by its offset, in the error itself: binary files have no lines. */
  readonly badOffset = -1
  readonly #uri: string
  readonly #length: number
  readonly #bad: BadRecords | undefined
  readonly #schema: Schema
  /** Of a full batch. */
  readonly pieceBytes: number
  /** Offset of the next byte to be pushed. */
  #position: number
  #bytes = new Uint8Array(0)
  #used = 0

  constructor(
    range: LineRange,
    { length, key, bad }: Pick<RecordsFormat, 'length' | 'key'> & { readonly bad?: BadRecords },
  ) {
    this.#uri = range.uri
    this.#bad = bad
    this.#length = length
    const type = { kind: 'fixedBinary', byteLength: length } as const
    this.#schema = { shape: 'record', ...(key && { key }), fields: [{ name: 'value', type }] }
    this.pieceBytes = length * Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / length)))
    this.from = this.#position = nextRecord(range.start, length)
    this.to = Math.max(this.from, nextRecord(range.end, length))
  }

  push(bytes: Uint8Array, emit: Emit): boolean {
    const end = Math.min(bytes.length, this.to - this.#position)
    for (let at = 0; at < end; ) {
      const taken = Math.min(end - at, this.pieceBytes - this.#used)
      if (this.#used === 0 && this.#isBatch(bytes, at, taken)) {
        this.#position += taken
        this.#emit(bytes.subarray(at, at + taken), emit)
        at += taken
        continue
      }
      this.#reserve(taken)
      this.#bytes.set(bytes.subarray(at, at + taken), this.#used)
      this.#used += taken
      this.#position += taken
      at += taken
      if (this.#used === this.pieceBytes) this.#emitCopied(emit)
    }
    return this.#position >= this.to
  }

  /** @throws BAD_RECORD where the object ends inside a record. */
  finish(emit: Emit): void {
    const torn = this.#used % this.#length
    this.#used -= torn
    const rest = this.#bytes.slice(this.#used, this.#used + torn)
    if (this.#used > 0) this.#emitCopied(emit)
    if (torn === 0) return
    const error = tornRecord(this.#uri, this.#position - torn, torn, this.#length)
    const located = error.at({ operator: 'Scan records' })
    if (this.#bad?.skipText(located, Buffer.from(rest).toString('base64')) !== true) throw error
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes
    if (needed <= this.#bytes.length) return
    const left = this.to - this.#position
    const likely = Number.isFinite(left) ? this.#used + left : Math.max(FIRST_BYTES, 2 * needed)
    // Not zeroed, since all that is handed over is written; not pooled, since it is handed over.
    const room = Math.max(needed, Math.min(this.pieceBytes, likely))
    const bigger = new Uint8Array(Buffer.allocUnsafeSlow(room).buffer)
    bigger.set(this.#bytes.subarray(0, this.#used))
    this.#bytes = bigger
  }

  /** A full batch, or the last one; not of a piece that is much larger or where words are not at their places. */
  #isBatch(piece: Uint8Array, at: number, taken: number): boolean {
    return (
      (taken === this.pieceBytes || this.#position + taken === this.to) &&
      2 * taken >= piece.buffer.byteLength &&
      (this.#length % WORD_BYTES !== 0 || (piece.byteOffset + at) % WORD_BYTES === 0)
    )
  }

  #emitCopied(emit: Emit): void {
    const used = this.#used
    const bytes = used < this.#bytes.length >> 1 ? this.#bytes.slice(0, used) : this.#bytes.subarray(0, used)
    // What was handed over is no longer ours.
    this.#bytes = new Uint8Array(0)
    this.#used = 0
    this.#emit(bytes, emit)
  }

  #emit(bytes: Uint8Array, emit: Emit): void {
    const length = bytes.length / this.#length
    const type = { kind: 'fixedBinary', byteLength: this.#length } as const
    emit({
      schema: this.#schema,
      length,
      columns: [{ type, length, nullCount: 0, validity: null, bytes }],
    })
  }
}

/** Where the first record begins that does not begin before `offset`. */
const nextRecord = (offset: number, length: number): number => Math.ceil(offset / length) * length

function tornRecord(uri: string, offset: number, bytes: number, length: number): DunlinError {
  return new DunlinError(
    'BAD_RECORD',
    `${uri} ends inside a record: the record at byte ${offset} has ${bytes} of its ${length} bytes`,
    {
      hint: 'Is the file whole, and are all its records of that length?',
      place: { at: `${uri} at byte ${offset}` },
    },
  )
}

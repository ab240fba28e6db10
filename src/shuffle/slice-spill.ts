/**
 * SliceSpill: where the slices of an exchange stand, put aside by ranges of partitions while the commits are read. An index
 * that does not fit into memory is then made range after range, and no commit is read twice.
 */
import { crc32 } from 'node:zlib'
import { DunlinError } from '../../operators/index.ts'
import type { ObjectStore, ObjectWriter } from '../store/object-store.ts'
import { readAhead } from '../store/read-ahead.ts'
import { readSliceEntry, SLICE_ENTRY_BYTES, type SliceEntry, writeSliceEntry } from './slice-entry.ts'

/** All ranges together; what one of them has is written when its share is full. */
const BUFFER_BYTES = 32 << 20
const RECORD_BYTES = 8 + SLICE_ENTRY_BYTES
const READS_IN_FLIGHT = 8
const READ_BYTES = 16 << 20

interface Piece {
  readonly offset: number
  readonly length: number
  readonly crc: number
}

interface Range {
  readonly buffer: Uint8Array<ArrayBuffer>
  readonly view: DataView
  length: number
  readonly pieces: Piece[]
}

export class SliceSpill {
  readonly #store: ObjectStore
  readonly #key: string
  readonly #writer: ObjectWriter
  readonly #ranges: readonly Range[]
  #isClosed = false
  /** Ranged reads so far. */
  gets = 0
  sizeBytes = 0

  private constructor(store: ObjectStore, key: string, writer: ObjectWriter, ranges: number) {
    this.#store = store
    this.#key = key
    this.#writer = writer
    const records = Math.max(1, Math.floor(BUFFER_BYTES / ranges / RECORD_BYTES))
    this.#ranges = Array.from({ length: ranges }, () => {
      const buffer = new Uint8Array(records * RECORD_BYTES)
      return { buffer, view: new DataView(buffer.buffer), length: 0, pieces: [] }
    })
  }

  static async open(store: ObjectStore, key: string, ranges: number): Promise<SliceSpill> {
    return new SliceSpill(store, key, await store.writer(key), ranges)
  }

  /** A promise, to be awaited before the next is added, where something has to be written. */
  add(range: number, task: number, partition: number, entry: SliceEntry): Promise<void> | undefined {
    const into = this.#ranges[range]!
    into.view.setUint32(into.length, task, true)
    into.view.setUint32(into.length + 4, partition, true)
    writeSliceEntry(into.view, into.length + 8, entry)
    into.length += RECORD_BYTES
    return into.length === into.buffer.length ? this.#write(into) : undefined
  }

  /** Nothing is added any more, and all can be read. */
  async close(): Promise<void> {
    for (const range of this.#ranges) if (range.length > 0) await this.#write(range)
    await this.#writer.close()
    this.#isClosed = true
  }

  /**
   * Gives the slices of a range to `take`, in the order in which they were added.
   *
   * @throws CORRUPT, retryable, where they are not what was written
   */
  async read(
    range: number,
    take: (task: number, partition: number, entry: SliceEntry) => void,
    guard: () => void,
  ): Promise<void> {
    const items = this.#ranges[range]!.pieces
    const options = {
      items,
      width: READS_IN_FLIGHT,
      maxBytes: READ_BYTES,
      sizeOf: (one: Piece) => one.length,
    }
    for await (const bytes of readAhead(options, piece => this.#intact(piece))) {
      guard()
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
        take(view.getUint32(at, true), view.getUint32(at + 4, true), readSliceEntry(view, at + 8))
      }
    }
  }

  /** It is of no use any more. Never rejects. */
  async remove(): Promise<void> {
    if (!this.#isClosed) await this.#writer.abort()
    await this.#store.delete([this.#key]).catch(() => undefined)
  }

  async #write(range: Range): Promise<void> {
    const bytes = range.buffer.subarray(0, range.length)
    range.pieces.push({ offset: this.sizeBytes, length: bytes.length, crc: crc32(bytes) })
    this.sizeBytes += bytes.length
    await this.#writer.write(bytes)
    range.length = 0
  }

  /** Other bytes than were written are asked for once more: the network, too, turns bits. */
  async #intact(piece: Piece): Promise<Uint8Array> {
    const bytes = await this.#get(piece)
    if (crc32(bytes) === piece.crc) return bytes
    const again = await this.#get(piece)
    if (crc32(again) === piece.crc) return again
    throw new DunlinError('CORRUPT', `${this.#store.uri}${this.#key} does not hold what was written`, {
      hint: 'The disk or bucket returned other bytes than were written.',
      retryable: true,
    })
  }

  #get({ offset, length }: Piece): Promise<Uint8Array> {
    this.gets++
    return this.#store.get(this.#key, { offset, length })
  }
}

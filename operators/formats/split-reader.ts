/** SplitReader: turns the bytes of one split of an object into batches; whoever can do I/O feeds it. */
import { DunlinError } from '../errors.ts'
import type { Emit } from '../operator.ts'
import type { BadRecords } from '../rows/bad-records.ts'
import type { ReadFormat } from '../spec.ts'
import { JsonlReader } from './jsonl-reader.ts'
import type { LineRange } from './line-framer.ts'
import { RecordsReader } from './records-reader.ts'
import { TextReader } from './text-reader.ts'

/**
 * Feed it the object's bytes from offset `from` on, in pieces of any size, until `push` says that it needs no more
 * or the object ends; then call `finish`. What it emits does not depend on the sizes of the pieces.
 *
 * Memory: one batch and one record.
 */
export interface SplitReader {
  /** Offset in the object of the first byte to push: for lines one before a split that does not begin at 0. */
  readonly from: number
  /** Offset after the last byte that it can need, where that is known beforehand. May lie past the object. */
  readonly to?: number
  /** Pieces of that many bytes become batches as they are: memory that is pushed is then shared with what is emitted. */
  readonly pieceBytes?: number
  /** The next bytes, which are not kept unless there is `pieceBytes`. Returns true when no more are needed. */
  push(bytes: Uint8Array, emit: Emit): boolean
  finish(emit: Emit): void
  /** Invalid UTF-8 sequences that were replaced so far. */
  readonly invalidText: number
  /** After `push` or `finish` threw: offset of the first byte of the record that is to blame, or -1. */
  readonly badOffset: number
}

export interface SplitReaderOptions {
  /** Columns to read, where not all are needed. A record that is not an object is read whole. */
  readonly columns?: readonly string[]
  /** Takes records that cannot be read, which are then skipped; absent: the first one is thrown. */
  readonly bad?: BadRecords
}

/**
 * The reader of a format whose splits are byte ranges. `range.end` may lie past the object: an object that must be
 * read whole, since it is compressed, has a split from 0 to Infinity.
 *
 * @throws BAD_RECORD and TYPE_MISMATCH from `push` and `finish`, with `place.record`; see `badOffset` for where.
 *
 * @example
 * const reader = createSplitReader({ format: 'text', onInvalid: 'replace' }, { uri: 'a.txt', start: 0, end: 6 }, {})
 * reader.push(new TextEncoder().encode('one\ntwo\nthree'), emit) // true; 'one' and 'two' come with finish
 * reader.finish(emit)
 */
export function createSplitReader(
  format: ReadFormat,
  range: LineRange,
  options: SplitReaderOptions = {},
): SplitReader {
  switch (format.format) {
    case 'text':
      return new TextReader(range, { ...format, ...options })
    case 'jsonl':
      return new JsonlReader(range, { ...format, ...options })
    case 'records':
      return new RecordsReader(range, { ...format, ...options })
    case 'arrow':
    case 'range':
      throw new DunlinError('INTERNAL', `the splits of format ${format.format} are not byte ranges`)
  }
}

/** Reads whole objects through split readers, cut and fed in any way: shared by the format tests. */
import { recordsOf } from '../../../operators/batch/records.ts'
import { createSplitReader, type SplitReaderOptions } from '../../../operators/formats/split-reader.ts'
import type { Batch, ReadFormat } from '../../../operators/index.ts'

export interface Cutting {
  readonly splitBytes: number
  /** Sizes of the pushed pieces, used in turn. */
  readonly pieceBytes: readonly number[]
}

export interface ReadBack {
  readonly records: unknown[]
  readonly batches: readonly Batch[]
  readonly invalidText: number
  /** Bytes pushed, over all splits. */
  readonly pushed: number
}

export const WHOLE: Cutting = { splitBytes: Number.MAX_SAFE_INTEGER, pieceBytes: [Number.MAX_SAFE_INTEGER] }

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function readInSplits(
  format: ReadFormat,
  object: Uint8Array,
  cutting: Cutting = WHOLE,
  options: SplitReaderOptions = {},
): ReadBack {
  const batches: Batch[] = []
  let invalidText = 0
  let pushed = 0
  let turn = 0
  for (let start = 0; start === 0 || start < object.length; start += cutting.splitBytes) {
    const end = Math.min(object.length, start + cutting.splitBytes)
    const reader = createSplitReader(format, { uri: 'memory://test/object', start, end }, options)
    const emit = (batch: Batch) => batches.push(batch)
    let needsMore = true
    for (let at = reader.from; at < object.length && needsMore; ) {
      const size = cutting.pieceBytes[turn++ % cutting.pieceBytes.length]!
      // A copy that is overwritten afterwards: the reader may keep nothing, if it does not say that it does.
      const piece = new Uint8Array(object.subarray(at, at + size))
      needsMore = !reader.push(piece, emit)
      if (reader.pieceBytes === undefined) piece.fill(0x21)
      at += size
      pushed += piece.length
    }
    reader.finish(emit)
    invalidText += reader.invalidText
  }
  return { records: batches.flatMap(batch => recordsOf(batch)), batches, invalidText, pushed }
}

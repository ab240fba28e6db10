/** The line number of a byte, for the one message that needs it. */
import type { SplitRange } from '../../planner/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { decompress } from './decompress.ts'

/** Past this the offset must do: nobody should wait, or pay, for much more than that. */
const SEARCHED_BYTES = 1 << 30
const LF = 10

/**
 * `file:line` of the record that begins at byte `offset` (after decompression), counted from 1. Reads the object up
 * to there. `file at byte n` where that is far, or the object cannot be read again.
 */
export async function recordLine(
  store: ObjectStore,
  range: SplitRange,
  offset: number,
  shown: string,
  signal: AbortSignal,
): Promise<string> {
  const far = `${shown} at byte ${offset}`
  if (offset > SEARCHED_BYTES) return far
  try {
    const whole = range.compression !== undefined
    const length = whole ? range.size : offset
    const raw = store.stream(range.key, { offset: 0, length }, { signal })
    const pieces = range.compression === undefined ? raw : decompress(raw, range.compression, shown)
    let line = 1
    let left = offset
    for await (const piece of pieces) {
      line += lineFeeds(piece.subarray(0, left))
      left -= piece.byteLength
      if (left <= 0) break
    }
    return `${shown}:${line}`
  } catch {
    return far
  }
}

function lineFeeds(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++
  return count
}

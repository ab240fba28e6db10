/** Slices of one object that lie side by side, as one range: one request brings them all. */
import type { Slice } from './read-slice.ts'

/** Bytes between two slices that are cheaper to read along than to ask once more. */
const SMALL_GAP_BYTES = 64 << 10

export interface CoalescedRange {
  /** Of one object, in the order of their offsets. */
  readonly slices: readonly Slice[]
  readonly offset: number
  readonly length: number
}

/** @param slices of one object, in the order of their offsets */
export function coalesced(slices: readonly Slice[], gapBytes = SMALL_GAP_BYTES): CoalescedRange[] {
  const ranges: { slices: Slice[]; offset: number; length: number }[] = []
  for (const slice of slices) {
    const { offset, byteLength } = slice.entry
    const last = ranges.at(-1)
    if (last === undefined || offset - (last.offset + last.length) > gapBytes) {
      ranges.push({ slices: [slice], offset, length: byteLength })
    } else {
      last.slices.push(slice)
      last.length = offset + byteLength - last.offset
    }
  }
  return ranges
}

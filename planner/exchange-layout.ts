/** How long the index of an exchange is: what those who write and read it, and those who count requests ahead, agree on. */
import type { Numbers } from './merge-shape.ts'

/** Of a manifest's start, with the schemas in it, which is padded to this; only where schemas are long it is longer. */
export const MANIFEST_HEAD_BYTES = 4096
/** What is said of each producer. */
export const MANIFEST_PRODUCER_BYTES = 24
/** What is said of each slice, also of an empty one. */
export const MANIFEST_ENTRY_BYTES = 28
/** A reader's first request; what lies in it needs no further one. */
export const MANIFEST_FIRST_BYTES = 64 << 10
/** An index that is longer is made range after range. */
export const MANIFEST_RANGE_BYTES = 64 << 20
/** Larger slices are read as streams, twice: at most so large, and a share of the task's memory. */
export const WHOLE_SLICE_BYTES = 16 << 20
export const WHOLE_SLICE_SHARE = 1 / 16

/** Of an index, read at once by a task that merges: rows of neighbouring partitions. */
const STRETCH_BYTES = 8 << 20
/** Slices that a task which merges holds at once: at most, and as a share of its memory. */
const WINDOW_BYTES = 256 << 20
const WINDOW_SHARE = 1 / 8

/** Partitions whose rows of the index are read by one request. */
export function indexStretches({ from, to }: Numbers, producers: number): readonly Numbers[] {
  const rows = Math.max(1, Math.floor(STRETCH_BYTES / (producers * MANIFEST_ENTRY_BYTES)))
  const stretches: Numbers[] = []
  for (let at = from; at < to; at += rows) stretches.push({ from: at, to: Math.min(to, at + rows) })
  return stretches
}

export const mergeWindowBytes = (memoryBytes: number): number =>
  Math.min(WINDOW_BYTES, memoryBytes * WINDOW_SHARE)

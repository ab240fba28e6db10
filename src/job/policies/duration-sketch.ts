/** DurationSketch: how long the tasks of a stage took, alone and by the byte, in bounded memory. Pure. */
import { EMPTY_HISTOGRAM, type LogHistogram, medianOf, withValue } from './log-histogram.ts'

export interface DurationSketch {
  readonly ms: LogHistogram
  /** Of the tasks whose bytes are known. */
  readonly msPerByte: LogHistogram
}

export const NO_DURATIONS: DurationSketch = { ms: EMPTY_HISTOGRAM, msPerByte: EMPTY_HISTOGRAM }

/** After a task took `durationMs` from its launch to its commit; `bytes` that it read are null where not known. */
export function withDuration(
  sketch: DurationSketch,
  { durationMs, bytes }: { readonly durationMs: number; readonly bytes: number | null },
): DurationSketch {
  const hasRate = bytes !== null && bytes > 0
  return {
    ms: withValue(sketch.ms, durationMs),
    msPerByte: hasRate ? withValue(sketch.msPerByte, durationMs / bytes) : sketch.msPerByte,
  }
}

/**
 * How long a task of so many bytes takes, as far as those that are done tell; null where none is.
 *
 * Never less than the median: of a task with little to read, most is the fixed part (start, listing, commit) that a
 * rate by the byte does not know. A task with much to read is given the median time a byte.
 */
export function expectedMs(sketch: DurationSketch, bytes: number | null): number | null {
  const median = medianOf(sketch.ms)
  const perByte = medianOf(sketch.msPerByte)
  if (median === null || bytes === null || perByte === null) return median
  return Math.max(median, perByte * bytes)
}

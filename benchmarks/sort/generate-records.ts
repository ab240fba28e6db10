/** Generates records for the sort benchmarks: any range of them by itself, the same on every machine. */
import { type Distribution, distributedKeys } from './distributed-keys.ts'
import { nextRandom, randomBefore } from './random128.ts'
import { RECORD_BYTES, writeAscii, writeBinary } from './record-layout.ts'

export interface RecordsOptions {
  /** Records of printable characters, a line each. */
  readonly ascii?: boolean
  readonly distribution?: Distribution
  /** 0 (default) gives the published data; another seed gives other data. A whole number. */
  readonly seed?: number
}

export interface RecordRange extends RecordsOptions {
  /** Number of the first record. */
  readonly start: number
  readonly count: number
  /** Where they go, from its beginning: at least 100 bytes for each. */
  readonly out: Uint8Array
}

/**
 * Fills `out` with records `start … start + count - 1`.
 *
 * @example
 * const out = new Uint8Array(100)
 * generateRecords({ start: 0, count: 1, ascii: true, out })
 * new TextDecoder().decode(out.subarray(0, 10)) // 'AsfAGHM5om'
 */
export function generateRecords(range: RecordRange): void {
  const { start, count, out, ascii = false, distribution = 'uniform', seed = 0 } = range
  const writeRecord = ascii ? writeAscii : writeBinary
  const writeKey = distributedKeys(distribution, { ascii, seed })
  const random = randomBefore(start, seed)
  for (let i = 0; i < count; i++) {
    nextRandom(random)
    writeRecord(out, i * RECORD_BYTES, random, start + i)
    if (writeKey !== null) writeKey(out, i * RECORD_BYTES, random, start + i)
  }
}

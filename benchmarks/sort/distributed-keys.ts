/** Keys that are not evenly distributed, written over those of records that are there. */
import { nextRandom, randomBefore } from './random128.ts'
import { KEY_BYTES, RECORD_BYTES, type WriteRecord, writeAscii, writeBinary } from './record-layout.ts'

/**
 * How keys are distributed; everything else in a record stays what it is.
 *
 * - `uniform`: as random as gensort makes them: the published data.
 * - `skewed`: every second record (those of even number, so at least half of all) has one of 20 keys, evenly drawn.
 * - `prefixes`: what gensort's own `-s` does: three of four records have the first bits of their key (up to 48) from
 *   that of the record whose number is the length in bits of their own number, so that a few dozen prefixes hold most of
 *   the records, but hardly a key stands twice.
 * - `equal`: one key.
 * - `sorted`, `reversed`: keys grow or fall with the number of the record, and none stands twice.
 */
export const DISTRIBUTIONS = ['uniform', 'skewed', 'prefixes', 'equal', 'sorted', 'reversed'] as const
export type Distribution = (typeof DISTRIBUTIONS)[number]

interface KeyOptions {
  readonly ascii: boolean
  readonly seed: number
}

const HOT_KEYS = 20

/** What writes over a record's key; null where it stays what it is. See `Distribution`. */
export function distributedKeys(distribution: Distribution, options: KeyOptions): WriteRecord | null {
  switch (distribution) {
    case 'uniform':
      return null
    case 'skewed':
      return skewedKeys(options)
    case 'prefixes':
      return options.ascii ? asciiPrefixes(options) : binaryPrefixes(options)
    case 'equal': {
      const key = keyOf(0, options)
      return (out, at) => out.set(key, at)
    }
    case 'sorted':
      return (out, at, _, record) => putOrdered(out, at, record, options.ascii)
    case 'reversed':
      return (out, at, _, record) => {
        putOrdered(out, at, record, options.ascii)
        mirrorKey(out, at, options.ascii)
      }
  }
}

/** The key that evenly distributed data has in record `record`. */
function keyOf(record: number, { ascii, seed }: KeyOptions): Uint8Array {
  const random = randomBefore(record, seed)
  nextRandom(random)
  const whole = new Uint8Array(RECORD_BYTES)
  const write = ascii ? writeAscii : writeBinary
  write(whole, 0, random, record)
  return whole.subarray(0, KEY_BYTES)
}

/** The 20 keys are those of the first 20 records. */
function skewedKeys(options: KeyOptions): WriteRecord {
  const hot = Array.from({ length: HOT_KEYS }, (_, record) => keyOf(record, options))
  return (out, at, random, record) => {
    // The upper bits are the most random ones of such a generator.
    if (record % 2 === 0) out.set(hot[random[4]! % HOT_KEYS]!, at)
  }
}

const TWO_32 = 0x1_0000_0000

/** The key that lends its prefix to record `record`: that of the record whose number is the length of this one's in bits. */
function prefixesOf(options: KeyOptions): (record: number) => Uint8Array {
  const keys: Uint8Array[] = []
  return record => {
    const bits = record < TWO_32 ? 32 - Math.clz32(record) : 64 - Math.clz32(record / TWO_32)
    while (keys.length <= bits) keys.push(keyOf(keys.length, options))
    return keys[bits]!
  }
}

const PREFIX_BYTES = 6

function binaryPrefixes(options: KeyOptions): WriteRecord {
  const prefixOf = prefixesOf(options)
  return (out, at, random, record) => {
    // Bits 32 to 37 of the random number: 16 of 64 records stay as they are.
    const bits = (random[1]! >>> 8) & 0x3f
    if (bits > 8 * PREFIX_BYTES) return
    const prefix = prefixOf(record)
    const bytes = bits >> 3
    for (let i = 0; i < bytes; i++) out[at + i] = prefix[i]!
    const kept = 0xff >> (bits & 7)
    if (kept < 0xff) out[at + bytes] = (prefix[bytes]! & ~kept) | (out[at + bytes]! & kept)
  }
}

function asciiPrefixes(options: KeyOptions): WriteRecord {
  const prefixOf = prefixesOf(options)
  return (out, at, random, record) => {
    const bytes = (random[1]! >>> 8) & 0x7
    if (bytes > PREFIX_BYTES) return
    const prefix = prefixOf(record)
    for (let i = 0; i < bytes; i++) out[at + i] = prefix[i]!
  }
}

const FIRST_CHAR = 0x20
const LAST_CHAR = 0x7e

/** The number of the record, most significant digit first: in base 256, or in base 95 of printable characters. */
function putOrdered(out: Uint8Array, at: number, record: number, ascii: boolean): void {
  const base = ascii ? LAST_CHAR - FIRST_CHAR + 1 : 0x100
  let left = record
  for (let i = KEY_BYTES - 1; i >= 0; i--) {
    const rest = Math.floor(left / base)
    out[at + i] = left - rest * base + (ascii ? FIRST_CHAR : 0)
    left = rest
  }
}

/** The key as far from the greatest as it was from the least. */
function mirrorKey(out: Uint8Array, at: number, ascii: boolean): void {
  for (let i = at; i < at + KEY_BYTES; i++) out[i] = (ascii ? FIRST_CHAR + LAST_CHAR : 0xff) - out[i]!
}

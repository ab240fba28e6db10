/** The 100-byte records of the sort benchmarks, as Chris Nyberg's gensort lays them out (sortbenchmark.org). */
import type { Limbs } from './random128.ts'

export const RECORD_BYTES = 100
export const KEY_BYTES = 10

/** Writes the record of that number and random number to `out[at … at + 99]`. */
export type WriteRecord = (out: Uint8Array, at: number, random: Limbs, record: number) => void

const HEX = new TextEncoder().encode('0123456789ABCDEF')
const ZERO = HEX[0]!
const SPACE = 32
const TWO_32 = 0x1_0000_0000

/**
 * Key: the upper 10 bytes of the random number. Then 00 11, the record number in 32 hexadecimal digits, 88 99 AA BB,
 * the lower 12 hexadecimal digits of the random number four times each, CC DD EE FF.
 */
export const writeBinary: WriteRecord = (out, at, random, record) => {
  out[at] = random[5]!
  put24(out, at + 1, random[4]!)
  put24(out, at + 4, random[3]!)
  put24(out, at + 7, random[2]!)
  out[at + 10] = 0x00
  out[at + 11] = 0x11
  putNumber(out, at + 12, record)
  out[at + 44] = 0x88
  out[at + 45] = 0x99
  out[at + 46] = 0xaa
  out[at + 47] = 0xbb
  putFiller(out, at + 48, random[1]!)
  putFiller(out, at + 72, random[0]!)
  out[at + 96] = 0xcc
  out[at + 97] = 0xdd
  out[at + 98] = 0xee
  out[at + 99] = 0xff
}

/**
 * The same in printable characters, a line each: 8 characters of the key are the upper half of the random number in
 * base 95, least significant first, 2 are the lower half; breaks are blanks, the filler has 13 digits, CR LF ends it.
 */
export const writeAscii: WriteRecord = (out, at, random, record) => {
  putAsciiKey(out, at, random)
  out[at + 10] = SPACE
  out[at + 11] = SPACE
  putNumber(out, at + 12, record)
  out[at + 44] = SPACE
  out[at + 45] = SPACE
  putFiller(out, at + 50, random[1]!)
  putFiller(out, at + 74, random[0]!)
  const digit = HEX[random[2]! & 0xf]!
  for (let i = 46; i < 50; i++) out[at + i] = digit
  out[at + 98] = 13
  out[at + 99] = 10
}

function put24(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 16
  out[at + 1] = value >>> 8
  out[at + 2] = value
}

/** 32 hexadecimal digits; a record number has at most 53 bits. */
function putNumber(out: Uint8Array, at: number, record: number): void {
  for (let i = 0; i < 16; i++) out[at + i] = ZERO
  const upper = Math.floor(record / TWO_32)
  for (let i = 0; i < 8; i++) out[at + 16 + i] = HEX[(upper >>> (28 - 4 * i)) & 0xf]!
  for (let i = 0; i < 8; i++) out[at + 24 + i] = HEX[(record >>> (28 - 4 * i)) & 0xf]!
}

/** The 6 hexadecimal digits of 24 bits, four times each. */
function putFiller(out: Uint8Array, at: number, bits: number): void {
  for (let i = 0; i < 24; i += 4) {
    const digit = HEX[(bits >>> (20 - i)) & 0xf]!
    out[at + i] = digit
    out[at + i + 1] = digit
    out[at + i + 2] = digit
    out[at + i + 3] = digit
  }
}

const LIMB = 2 ** 24
const FOUR_DIGITS = 95 ** 4
const TWO_DIGITS = 95 ** 2

/** Long division by as many digits at a time as leave the intermediate numbers exact. */
function putAsciiKey(out: Uint8Array, at: number, random: Limbs): void {
  const q3 = Math.floor(random[5]! / FOUR_DIGITS)
  const t2 = (random[5]! - q3 * FOUR_DIGITS) * LIMB + random[4]!
  const q2 = Math.floor(t2 / FOUR_DIGITS)
  const t1 = (t2 - q2 * FOUR_DIGITS) * LIMB + random[3]!
  const q1 = Math.floor(t1 / FOUR_DIGITS)
  const t0 = (t1 - q1 * FOUR_DIGITS) * 0x100 + (random[2]! >>> 16)
  const q0 = Math.floor(t0 / FOUR_DIGITS)
  const quotient = ((q3 * LIMB + q2) * LIMB + q1) * 0x100 + q0
  putFourDigits(out, at, t0 - q0 * FOUR_DIGITS)
  putFourDigits(out, at + 4, quotient - Math.floor(quotient / FOUR_DIGITS) * FOUR_DIGITS)
  const u1 = (random[2]! & 0xffff) * LIMB + random[1]!
  const u0 = (u1 - Math.floor(u1 / TWO_DIGITS) * TWO_DIGITS) * LIMB + random[0]!
  const last = (u0 - Math.floor(u0 / TWO_DIGITS) * TWO_DIGITS) | 0
  const tenth = (last / 95) | 0
  out[at + 8] = SPACE + last - tenth * 95
  out[at + 9] = SPACE + tenth
}

/** Digits in base 95 from the blank on, least significant first. */
function putFourDigits(out: Uint8Array, at: number, value: number): void {
  let left = value | 0
  for (let i = at; i < at + 4; i++) {
    const rest = (left / 95) | 0
    out[i] = SPACE + left - rest * 95
    left = rest
  }
}

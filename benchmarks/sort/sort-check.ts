/** Checks sorted records as Chris Nyberg's valsort does: how many, their order, duplicate keys, and a checksum. */
import { crc32 } from 'node:zlib'
import { DunlinError } from 'dunlin'
import { KEY_BYTES, RECORD_BYTES } from './record-layout.ts'

export interface SortSummary {
  readonly parts: number
  readonly records: number
  /** The sum of the CRC32 of every record modulo 2^128, in hexadecimal: the same in any order. */
  readonly checksum: string
  /** Records whose key is that of the record before. */
  readonly duplicateKeys: number
  /** Records whose key is less than that of the record before. */
  readonly unordered: number
  readonly firstUnordered: RecordPlace | null
}

/** Numbers are from 0. */
export interface RecordPlace {
  readonly part: string
  /** In the part. */
  readonly record: number
  /** In all of them. */
  readonly overall: number
}

/** Sums of so many 32-bit numbers are exact. */
const SUMMED = 2 ** 20
const MODULUS = 1n << 128n

/**
 * Parts one after another: `begin`, then its bytes in pieces of any size, then the next one's; `summary` at the end.
 *
 * Memory: a record.
 *
 * @throws DunlinError `BAD_RECORD`, from `begin` and `summary`, for a part that ends inside a record.
 */
export class SortCheck {
  #parts = 0
  #part = ''
  #records = 0
  #recordsBefore = 0
  #duplicates = 0
  #unordered = 0
  #first: RecordPlace | null = null
  #checksum = 0n
  #sum = 0
  readonly #previous = new Uint8Array(KEY_BYTES)
  readonly #carry = new Uint8Array(RECORD_BYTES)
  #carried = 0

  /** The next part. */
  begin(part: string): void {
    this.#end()
    this.#part = part
    this.#parts++
    this.#recordsBefore = this.#records
  }

  /** The next bytes of the part, which are not kept. */
  push(bytes: Uint8Array): void {
    let at = 0
    if (this.#carried > 0) {
      at = Math.min(bytes.length, RECORD_BYTES - this.#carried)
      this.#carry.set(bytes.subarray(0, at), this.#carried)
      this.#carried += at
      if (this.#carried < RECORD_BYTES) return
      this.#carried = 0
      this.#add(this.#carry, 0)
    }
    for (; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) this.#add(bytes, at)
    this.#carry.set(bytes.subarray(at))
    this.#carried = bytes.length - at
  }

  summary(): SortSummary {
    this.#end()
    return {
      parts: this.#parts,
      records: this.#records,
      checksum: ((this.#checksum + BigInt(this.#sum)) % MODULUS).toString(16),
      duplicateKeys: this.#duplicates,
      unordered: this.#unordered,
      firstUnordered: this.#first,
    }
  }

  #end(): void {
    if (this.#carried === 0) return
    const record = this.#records - this.#recordsBefore
    throw new DunlinError('BAD_RECORD', `${this.#part} ends inside of record ${record}`, {
      hint: `Records have ${RECORD_BYTES} bytes. Is the file whole?`,
      place: { at: this.#part },
    })
  }

  #add(bytes: Uint8Array, at: number): void {
    this.#sum += crc32(bytes.subarray(at, at + RECORD_BYTES))
    if (this.#records > 0) this.#compare(bytes, at)
    for (let i = 0; i < KEY_BYTES; i++) this.#previous[i] = bytes[at + i]!
    if (++this.#records % SUMMED === 0) {
      this.#checksum += BigInt(this.#sum)
      this.#sum = 0
    }
  }

  #compare(bytes: Uint8Array, at: number): void {
    const previous = this.#previous
    let i = 0
    while (i < KEY_BYTES && previous[i] === bytes[at + i]) i++
    if (i === KEY_BYTES) this.#duplicates++
    else if (previous[i]! > bytes[at + i]!) {
      this.#unordered++
      const record = this.#records - this.#recordsBefore
      this.#first ??= { part: this.#part, record, overall: this.#records }
    }
  }
}

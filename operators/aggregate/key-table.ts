/** KeyTable: values of a key, each with a dense id in order of first appearance. */
import { nestedKey, nestedValue } from './nested-key.ts'
import { KEY_BYTES, WordTable } from './word-table.ts'

/** Kinds of values in a table, as bits. */
export const KIND = {
  null: 1,
  boolean: 2,
  number: 4,
  int64: 8,
  timestamp: 16,
  utf8: 32,
  binary: 64,
  nested: 128,
} as const

/** The top byte of a key's last word: up to 15 it is the length of a short string, else what the words hold. */
const TAG = {
  null: 0x10 << 24,
  boolean: 0x11 << 24,
  number: 0x12 << 24,
  int64: 0x13 << 24,
  timestamp: 0x14 << 24,
  pair: 0x15 << 24,
  utf8: 0x20 << 24,
  binary: 0x21 << 24,
  nested: 0x22 << 24,
} as const

/** A short string's bytes and length fill the four words of a key exactly. */
const SHORT_BYTES = 15
/**
 * Strings are told apart by their UTF-8 bytes, so a JavaScript string and the bytes of a column meet. Up to 15 bytes
 * are packed into the words; longer ones lie in an arena. Numbers are SameValueZero: one NaN, −0 is 0.
 */
export class KeyTable {
  /** The kinds of values seen, bits of `KIND`; kept by `clear`. */
  kinds = 0
  readonly #table = new WordTable()
  /** The bytes that were last read, and their view: one for each column. */
  #viewed: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  readonly #nested = new Map<number, unknown>()
  readonly #refuse: (value: unknown) => never
  readonly #newNested: (value: unknown) => void

  constructor(options: {
    /** Called for values that no column can hold; must throw. */
    readonly refuse: (value: unknown) => never
    /** Called with each list or object that is a new key. */
    readonly newNested: (value: unknown) => void
  }) {
    this.#refuse = options.refuse
    this.#newNested = options.newNested
  }

  /** Values so far: ids are below it. */
  get size(): number {
    return this.#table.size
  }

  /** Counted bytes: the same on every machine. */
  get sizeBytes(): number {
    return this.#table.sizeBytes + this.#nested.size * KEY_BYTES
  }

  /** From here on the id of a value that is not there is −1, until `clear`. */
  freeze(): void {
    this.#table.frozen = true
  }

  /** Empties the table but keeps its memory. */
  clear(): void {
    this.#table.clear()
    this.#nested.clear()
  }

  ofValue(value: unknown): number {
    if (typeof value === 'string') return this.ofString(value)
    if (typeof value === 'number') return this.ofNumber(value)
    if (value === null || value === undefined) return this.ofNull()
    if (typeof value === 'boolean') return this.ofBoolean(value)
    if (typeof value === 'bigint') {
      if (BigInt.asIntN(64, value) !== value) this.#refuse(value)
      return this.ofInt64(value)
    }
    if (value instanceof Date) {
      const ms = value.getTime()
      return Number.isNaN(ms) ? this.#refuse(value) : this.ofTimestamp(ms)
    }
    if (value instanceof Uint8Array) return this.ofBinary(value, 0, value.length)
    return this.#ofNested(value)
  }

  ofNull(): number {
    this.kinds |= KIND.null
    return this.#table.find(0, 0, 0, TAG.null)
  }

  ofBoolean(value: boolean): number {
    this.kinds |= KIND.boolean
    return this.#table.find(value ? 1 : 0, 0, 0, TAG.boolean)
  }

  ofNumber(value: number): number {
    // Adding 0 makes −0 0.
    FLOAT[0] = Number.isNaN(value) ? Number.NaN : value + 0
    this.kinds |= KIND.number
    return this.#table.find(FLOAT_WORDS[0]!, FLOAT_WORDS[1]!, 0, TAG.number)
  }

  ofInt64(value: bigint): number {
    INT64[0] = value
    this.kinds |= KIND.int64
    return this.#table.find(INT64_WORDS[0]!, INT64_WORDS[1]!, 0, TAG.int64)
  }

  ofTimestamp(ms: number): number {
    FLOAT[0] = ms + 0
    this.kinds |= KIND.timestamp
    return this.#table.find(FLOAT_WORDS[0]!, FLOAT_WORDS[1]!, 0, TAG.timestamp)
  }

  /** Two ids as one key: groups of several columns. */
  ofPair(a: number, b: number): number {
    return this.#table.find(a, b, 0, TAG.pair)
  }

  ofString(text: string): number {
    const chars = text.length
    if (chars <= SHORT_BYTES) {
      // Shift counts are taken modulo 32, so `i << 3` is right in each word.
      let k0 = 0
      let k1 = 0
      let k2 = 0
      let k3 = chars << 24
      let all = 0
      let i = 0
      for (const end = Math.min(chars, 4); i < end; i++) {
        const unit = text.charCodeAt(i)
        all |= unit
        k0 |= unit << (i << 3)
      }
      if (chars > 4) {
        for (const end = Math.min(chars, 8); i < end; i++) {
          const unit = text.charCodeAt(i)
          all |= unit
          k1 |= unit << (i << 3)
        }
        if (chars > 8) {
          for (const end = Math.min(chars, 12); i < end; i++) {
            const unit = text.charCodeAt(i)
            all |= unit
            k2 |= unit << (i << 3)
          }
          for (; i < chars; i++) {
            const unit = text.charCodeAt(i)
            all |= unit
            k3 |= unit << (i << 3)
          }
        }
      }
      if (all < 0x80) {
        this.kinds |= KIND.utf8
        return this.#table.find(k0, k1, k2, k3)
      }
    }
    return this.#ofWideString(text)
  }

  #ofWideString(text: string): number {
    if (scratch.length < text.length * 3) scratch = Buffer.allocUnsafeSlow(text.length * 3)
    const written = scratch.write(text)
    // As many bytes as characters: ASCII. Else a lone surrogate may have become U+FFFD.
    if (written !== text.length && !text.isWellFormed()) this.#refuse(text)
    return this.ofUtf8(scratch, 0, written)
  }

  ofUtf8(bytes: Uint8Array, from: number, to: number): number {
    this.kinds |= KIND.utf8
    const length = to - from
    if (length > SHORT_BYTES) return this.#table.findBytes(TAG.utf8, bytes, from, to)
    if (from + 16 > bytes.length) return this.#ofLastBytes(bytes, from, length)
    if (bytes !== this.#viewed) {
      this.#viewed = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    // Four words at once, and what is not the string's masked away: twice as fast as byte by byte (measured).
    const view = this.#view
    const m = length << 2
    return this.#table.find(
      view.getInt32(from, true) & MASKS[m]!,
      view.getInt32(from + 4, true) & MASKS[m + 1]!,
      view.getInt32(from + 8, true) & MASKS[m + 2]!,
      (view.getInt32(from + 12, true) & MASKS[m + 3]!) | (length << 24),
    )
  }

  #ofLastBytes(bytes: Uint8Array, from: number, length: number): number {
    const key = new Int32Array(4)
    for (let i = 0; i < length; i++) key[i >> 2]! |= bytes[from + i]! << (i << 3)
    return this.#table.find(key[0]!, key[1]!, key[2]!, key[3]! | (length << 24))
  }

  ofBinary(bytes: Uint8Array, from: number, to: number): number {
    this.kinds |= KIND.binary
    return this.#table.findBytes(TAG.binary, bytes, from, to)
  }

  #ofNested(value: unknown): number {
    const key = nestedKey(value)
    if (key === null) return this.#refuse(value)
    const bytes = Buffer.from(key)
    this.kinds |= KIND.nested
    const id = this.#table.findBytes(TAG.nested, bytes, 0, bytes.length)
    if (id >= 0 && !this.#nested.has(id)) {
      this.#nested.set(id, nestedValue(value))
      this.#newNested(value)
    }
    return id
  }

  isNull(id: number): boolean {
    return this.#table.word(id, 3) === TAG.null
  }

  /** The value of a boolean, number, int64 or timestamp key as a number; 0 for null. */
  numberOf(id: number): number {
    const table = this.#table
    const tag = table.word(id, 3)
    if (tag === TAG.null) return 0
    if (tag === TAG.boolean) return table.word(id, 0)
    if (tag === TAG.int64) return Number(this.int64Of(id))
    FLOAT_WORDS[0] = table.word(id, 0)
    FLOAT_WORDS[1] = table.word(id, 1)
    return FLOAT[0]!
  }

  /** The value of a number, int64 or timestamp key as a bigint; 0 for null. */
  int64Of(id: number): bigint {
    const table = this.#table
    if (table.word(id, 3) !== TAG.int64) return BigInt(this.numberOf(id))
    INT64_WORDS[0] = table.word(id, 0)
    INT64_WORDS[1] = table.word(id, 1)
    return INT64[0]!
  }

  /** Bytes of a string or binary key; 0 for null. */
  byteLengthOf(id: number): number {
    const tag = this.#table.word(id, 3)
    if (tag === TAG.utf8 || tag === TAG.binary) return this.#table.word(id, 2)
    return tag === TAG.null ? 0 : tag >>> 24
  }

  /** Writes the bytes of a string or binary key. */
  copyBytes(id: number, target: Uint8Array, offset: number): void {
    const table = this.#table
    const tag = table.word(id, 3)
    if (tag === TAG.utf8 || tag === TAG.binary) {
      target.set(table.bytesOf(id), offset)
      return
    }
    const length = this.byteLengthOf(id)
    for (let i = 0; i < length; i++) target[offset + i] = table.word(id, i >> 2) >>> ((i & 3) << 3)
  }

  /** The value of a list or object key; undefined for null. */
  nestedOf(id: number): unknown {
    return this.#nested.get(id)
  }
}

const FLOAT = new Float64Array(1)
const FLOAT_WORDS = new Int32Array(FLOAT.buffer)
const INT64 = new BigInt64Array(1)
const INT64_WORDS = new Int32Array(INT64.buffer)
/** By length of a string, the bits of each word that are its bytes. */
const MASKS = new Int32Array(4 * (SHORT_BYTES + 1))
for (let length = 0; length <= SHORT_BYTES; length++) {
  for (let i = 0; i < length; i++) MASKS[4 * length + (i >> 2)]! |= 0xff << ((i & 3) << 3)
}
let scratch = Buffer.allocUnsafeSlow(1 << 10)

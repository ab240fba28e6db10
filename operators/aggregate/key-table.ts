/** KeyTable: values of a key, each with a dense id in order of first appearance. */
import { DunlinError } from '../errors.ts'
import { nestedKey } from './nested-key.ts'

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
const KIND_OF_TAG: readonly number[] = [KIND.null, KIND.boolean, KIND.number, KIND.int64, KIND.timestamp, 0]
const KIND_OF_LONG_TAG: readonly number[] = [KIND.utf8, KIND.binary, KIND.nested]

/** A short string's bytes and length fill the four words of a key exactly. */
const SHORT_BYTES = 15
/**
 * Slots looked at before a key goes to a `Map`, whose hashes nobody can foresee: made-up collisions cost so many
 * steps each and no more. At a load of at most a half, honest keys hardly ever get there.
 */
const MAX_PROBES = 64
/** Counted per key: its four words, and two slots of two words. */
const KEY_BYTES = 32
const MAX_ARENA_BYTES = 0x7fff_ffff

/**
 * An open-addressing table over keys of four words, in growing typed arrays.
 *
 * Strings are told apart by their UTF-8 bytes, so a JavaScript string and the bytes of a column meet. Up to 15 bytes
 * are packed into the words; longer ones lie in an arena. Numbers are SameValueZero: one NaN, −0 is 0.
 */
export class KeyTable {
  /** Keys so far: ids are below it. */
  size = 0
  /** The kinds of values seen, bits of `KIND`. */
  kinds = 0
  #slots = new Int32Array(2 << 10)
  #shift = 32 - 10
  #words = new Int32Array(4 << 8)
  #arena = Buffer.allocUnsafeSlow(1 << 12)
  #arenaUsed = 0
  #overflow: Map<string, number> | null = null
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

  /** Counted bytes: the same on every machine. */
  get sizeBytes(): number {
    return this.size * KEY_BYTES + this.#arenaUsed + this.#nested.size * KEY_BYTES
  }

  /** Empties the table but keeps its memory. */
  clear(): void {
    this.size = 0
    this.#slots.fill(0)
    this.#arenaUsed = 0
    this.#overflow = null
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
    return this.#find(0, 0, 0, TAG.null)
  }

  ofBoolean(value: boolean): number {
    return this.#find(value ? 1 : 0, 0, 0, TAG.boolean)
  }

  ofNumber(value: number): number {
    // Adding 0 makes −0 0.
    FLOAT[0] = Number.isNaN(value) ? Number.NaN : value + 0
    return this.#find(FLOAT_WORDS[0]!, FLOAT_WORDS[1]!, 0, TAG.number)
  }

  ofInt64(value: bigint): number {
    INT64[0] = value
    return this.#find(INT64_WORDS[0]!, INT64_WORDS[1]!, 0, TAG.int64)
  }

  ofTimestamp(ms: number): number {
    FLOAT[0] = ms + 0
    return this.#find(FLOAT_WORDS[0]!, FLOAT_WORDS[1]!, 0, TAG.timestamp)
  }

  /** Two ids as one key: groups of several columns. */
  ofPair(a: number, b: number): number {
    return this.#find(a, b, 0, TAG.pair)
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
      for (const end = chars < 4 ? chars : 4; i < end; i++) {
        const unit = text.charCodeAt(i)
        all |= unit
        k0 |= unit << (i << 3)
      }
      if (chars > 4) {
        for (const end = chars < 8 ? chars : 8; i < end; i++) {
          const unit = text.charCodeAt(i)
          all |= unit
          k1 |= unit << (i << 3)
        }
        if (chars > 8) {
          for (const end = chars < 12 ? chars : 12; i < end; i++) {
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
      if (all < 0x80) return this.#find(k0, k1, k2, k3)
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
    const length = to - from
    if (length > SHORT_BYTES) return this.#findBytes(TAG.utf8, bytes, from, to)
    let k0 = 0
    let k1 = 0
    let k2 = 0
    let k3 = length << 24
    let i = 0
    for (const end = length < 4 ? length : 4; i < end; i++) k0 |= bytes[from + i]! << (i << 3)
    if (length > 4) {
      for (const end = length < 8 ? length : 8; i < end; i++) k1 |= bytes[from + i]! << (i << 3)
      if (length > 8) {
        for (const end = length < 12 ? length : 12; i < end; i++) k2 |= bytes[from + i]! << (i << 3)
        for (; i < length; i++) k3 |= bytes[from + i]! << (i << 3)
      }
    }
    return this.#find(k0, k1, k2, k3)
  }

  ofBinary(bytes: Uint8Array, from: number, to: number): number {
    return this.#findBytes(TAG.binary, bytes, from, to)
  }

  #ofNested(value: unknown): number {
    const key = nestedKey(value)
    if (key === null) return this.#refuse(value)
    const bytes = Buffer.from(key)
    const id = this.#findBytes(TAG.nested, bytes, 0, bytes.length)
    if (!this.#nested.has(id)) {
      this.#nested.set(id, value)
      this.#newNested(value)
    }
    return id
  }

  #find(k0: number, k1: number, k2: number, k3: number): number {
    const hash = mixed(k0, k1, k2, k3)
    const slots = this.#slots
    const words = this.#words
    const last = slots.length - 1
    let slot = (hash >>> this.#shift) << 1
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const id = slots[slot + 1]! - 1
      if (id < 0) return this.#insert(slot, hash, k0, k1, k2, k3)
      if (slots[slot] === hash) {
        const w = id << 2
        if (words[w] === k0 && words[w + 1] === k1 && words[w + 2] === k2 && words[w + 3] === k3) return id
      }
      slot = (slot + 2) & last
    }
    const text = wordsText(k0, k1, k2, k3)
    return this.#overflow?.get(text) ?? this.#insertOverflow(text, k0, k1, k2, k3)
  }

  #findBytes(tag: number, bytes: Uint8Array, from: number, to: number): number {
    const length = to - from
    let h = length
    for (let i = from; i < to; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193)
    const hash = mixed(h, 0, length, tag)
    const slots = this.#slots
    const last = slots.length - 1
    let slot = (hash >>> this.#shift) << 1
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const id = slots[slot + 1]! - 1
      if (id < 0) return this.#insert(slot, hash, h, this.#store(bytes, from, to), length, tag)
      if (slots[slot] === hash && this.#sameBytes(id, tag, bytes, from, length)) return id
      slot = (slot + 2) & last
    }
    const text = bytesText(tag, bytes, from, to)
    return (
      this.#overflow?.get(text) ?? this.#insertOverflow(text, h, this.#store(bytes, from, to), length, tag)
    )
  }

  #sameBytes(id: number, tag: number, bytes: Uint8Array, from: number, length: number): boolean {
    const w = id << 2
    if (this.#words[w + 3] !== tag || this.#words[w + 2] !== length) return false
    const arena = this.#arena
    for (let a = this.#words[w + 1]!, b = from, end = from + length; b < end; a++, b++) {
      if (arena[a] !== bytes[b]) return false
    }
    return true
  }

  #store(bytes: Uint8Array, from: number, to: number): number {
    const start = this.#arenaUsed
    const end = start + to - from
    if (end > this.#arena.length) {
      if (end > MAX_ARENA_BYTES)
        throw new DunlinError('TOO_LARGE', 'the keys of one task take more than 2 GiB')
      let capacity = this.#arena.length
      while (capacity < end) capacity *= 2
      const bigger = Buffer.allocUnsafeSlow(Math.min(capacity, MAX_ARENA_BYTES))
      this.#arena.copy(bigger, 0, 0, start)
      this.#arena = bigger
    }
    for (let i = from, o = start; i < to; i++, o++) this.#arena[o] = bytes[i]!
    this.#arenaUsed = end
    return start
  }

  #insert(slot: number, hash: number, k0: number, k1: number, k2: number, k3: number): number {
    const id = this.#append(k0, k1, k2, k3)
    this.#slots[slot] = hash
    this.#slots[slot + 1] = id + 1
    if (this.size * 4 > this.#slots.length) this.#grow()
    return id
  }

  #insertOverflow(text: string, k0: number, k1: number, k2: number, k3: number): number {
    const id = this.#append(k0, k1, k2, k3)
    this.#overflow ??= new Map()
    this.#overflow.set(text, id)
    if (this.size * 4 > this.#slots.length) this.#grow()
    return id
  }

  #append(k0: number, k1: number, k2: number, k3: number): number {
    const id = this.size++
    const w = id << 2
    if (w >= this.#words.length) {
      const bigger = new Int32Array(this.#words.length * 2)
      bigger.set(this.#words)
      this.#words = bigger
    }
    this.#words[w] = k0
    this.#words[w + 1] = k1
    this.#words[w + 2] = k2
    this.#words[w + 3] = k3
    this.kinds |= kindOf(k3)
    return id
  }

  /** Doubles the slots and places every key anew: what had overflowed may fit now, and must be found where it would be. */
  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    this.#shift--
    this.#overflow = null
    for (let id = 0; id < this.size; id++) this.#place(id)
  }

  #place(id: number): void {
    const w = id << 2
    const k0 = this.#words[w]!
    const k1 = this.#words[w + 1]!
    const k2 = this.#words[w + 2]!
    const k3 = this.#words[w + 3]!
    const inArena = k3 >>> 24 >= 0x20
    const hash = mixed(k0, inArena ? 0 : k1, k2, k3)
    const last = this.#slots.length - 1
    let slot = (hash >>> this.#shift) << 1
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      if (this.#slots[slot + 1] === 0) {
        this.#slots[slot] = hash
        this.#slots[slot + 1] = id + 1
        return
      }
      slot = (slot + 2) & last
    }
    this.#overflow ??= new Map()
    this.#overflow.set(inArena ? bytesText(k3, this.#arena, k1, k1 + k2) : wordsText(k0, k1, k2, k3), id)
  }

  /** The kind of the value with this id, one bit of `KIND`. */
  kindOf(id: number): number {
    return kindOf(this.#words[(id << 2) + 3]!)
  }

  /** The value of a boolean, number, int64 or timestamp key as a number; 0 for null. */
  numberOf(id: number): number {
    const w = id << 2
    const tag = this.#words[w + 3]!
    if (tag === TAG.null) return 0
    if (tag === TAG.boolean) return this.#words[w]!
    if (tag === TAG.int64) return Number(this.int64Of(id))
    FLOAT_WORDS[0] = this.#words[w]!
    FLOAT_WORDS[1] = this.#words[w + 1]!
    return FLOAT[0]!
  }

  /** The value of a number, int64 or timestamp key as a bigint; 0 for null. */
  int64Of(id: number): bigint {
    const w = id << 2
    if (this.#words[w + 3] !== TAG.int64) return BigInt(this.numberOf(id))
    INT64_WORDS[0] = this.#words[w]!
    INT64_WORDS[1] = this.#words[w + 1]!
    return INT64[0]!
  }

  /** Bytes of a string or binary key; 0 for null. */
  byteLengthOf(id: number): number {
    const k3 = this.#words[(id << 2) + 3]!
    const top = k3 >>> 24
    return top >= 0x20 ? this.#words[(id << 2) + 2]! : top <= SHORT_BYTES ? top : 0
  }

  /** Writes the bytes of a string or binary key. */
  copyBytes(id: number, target: Uint8Array, offset: number): void {
    const w = id << 2
    const length = this.byteLengthOf(id)
    if (this.#words[w + 3]! >>> 24 >= 0x20) {
      const start = this.#words[w + 1]!
      target.set(this.#arena.subarray(start, start + length), offset)
    } else {
      for (let i = 0; i < length; i++) target[offset + i] = this.#words[w + (i >> 2)]! >>> ((i & 3) << 3)
    }
  }

  /** The first value of a list or object key; undefined for null. */
  nestedOf(id: number): unknown {
    return this.#nested.get(id)
  }
}

const FLOAT = new Float64Array(1)
const FLOAT_WORDS = new Int32Array(FLOAT.buffer)
const INT64 = new BigInt64Array(1)
const INT64_WORDS = new Int32Array(INT64.buffer)
let scratch = Buffer.allocUnsafeSlow(1 << 10)

function kindOf(k3: number): number {
  const top = k3 >>> 24
  if (top <= SHORT_BYTES) return KIND.utf8
  return top >= 0x20 ? KIND_OF_LONG_TAG[top - 0x20]! : KIND_OF_TAG[top - 0x10]!
}

/** MurmurHash3's finaliser over a multiply-and-xor of the words. */
function mixed(k0: number, k1: number, k2: number, k3: number): number {
  let h =
    Math.imul(k0, 0x9e3779b1) ^
    Math.imul(k1 ^ (k1 >>> 15), 0x85ebca6b) ^
    Math.imul(k2 ^ (k2 >>> 13), 0xc2b2ae35) ^
    Math.imul(k3 ^ (k3 >>> 16), 0x27d4eb2f)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

const wordsText = (k0: number, k1: number, k2: number, k3: number): string => `${k0},${k1},${k2},${k3}`

const bytesText = (tag: number, bytes: Uint8Array, from: number, to: number): string =>
  `${tag >>> 24}:${Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')}`

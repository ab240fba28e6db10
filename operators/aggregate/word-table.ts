/** WordTable: keys of four words, or of bytes, each with a dense id in order of first appearance. */
import { DunlinError } from '../errors.ts'

/**
 * Slots looked at before a key goes to a `Map`, whose hashes nobody can foresee: made-up collisions cost so many
 * steps each and no more. At a load of at most a half, honest keys hardly ever get there.
 */
const MAX_PROBES = 64
/** Counted per key: its four words, and two slots of two words. */
export const KEY_BYTES = 32
const MAX_ARENA_BYTES = 0x7fff_ffff
/** Last words from here on say that the key is bytes: hash, place in the arena, length, tag. */
const FIRST_BYTES_TAG = 0x20

/** An open-addressing table in growing typed arrays: linear probing over pairs of a hash and an id plus one. */
export class WordTable {
  /** Keys so far: ids are below it. */
  size = 0
  /** No key is taken any more: the id of one that is not there is −1. */
  frozen = false
  #slots = new Int32Array(2 << 10)
  #shift = 32 - 10
  #words = new Int32Array(4 << 8)
  #arena = Buffer.allocUnsafeSlow(1 << 12)
  #arenaUsed = 0
  #overflow: Map<string, number> | null = null

  /** Counted bytes: the same on every machine. */
  get sizeBytes(): number {
    return this.size * KEY_BYTES + this.#arenaUsed
  }

  /** Empties the table but keeps its memory. */
  clear(): void {
    this.size = 0
    this.frozen = false
    this.#slots.fill(0)
    this.#arenaUsed = 0
    this.#overflow = null
  }

  /** Word 0 … 3 of a key. */
  word(id: number, which: number): number {
    return this.#words[(id << 2) + which]!
  }

  /** The bytes of a key of bytes: a view that is good until the next key. */
  bytesOf(id: number): Uint8Array {
    const w = id << 2
    const start = this.#words[w + 1]!
    return this.#arena.subarray(start, start + this.#words[w + 2]!)
  }

  /** The id of the key of these words, new or not. */
  find(k0: number, k1: number, k2: number, k3: number): number {
    const hash = hashOfWords(k0, k1, k2, k3)
    const slots = this.#slots
    const words = this.#words
    const last = slots.length - 1
    let slot = (hash >>> this.#shift) << 1
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const id = slots[slot + 1]! - 1
      if (id < 0) return this.frozen ? -1 : this.#insert(slot, hash, k0, k1, k2, k3)
      if (slots[slot] === hash) {
        const w = id << 2
        if (words[w] === k0 && words[w + 1] === k1 && words[w + 2] === k2 && words[w + 3] === k3) return id
      }
      slot = (slot + 2) & last
    }
    const text = wordsText(k0, k1, k2, k3)
    return this.#overflow?.get(text) ?? (this.frozen ? -1 : this.#insertOverflow(text, k0, k1, k2, k3))
  }

  /** The id of the key of these bytes. `tag`, the key's last word, says what they are: its top byte is 0x20 or more. */
  findBytes(tag: number, bytes: Uint8Array, from: number, to: number): number {
    const length = to - from
    let h = length
    for (let i = from; i < to; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193)
    const hash = hashOfWords(h, 0, length, tag)
    const slots = this.#slots
    const last = slots.length - 1
    let slot = (hash >>> this.#shift) << 1
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const id = slots[slot + 1]! - 1
      if (id < 0) {
        return this.frozen ? -1 : this.#insert(slot, hash, h, this.#store(bytes, from, to), length, tag)
      }
      if (slots[slot] === hash && this.#sameBytes(id, tag, bytes, from, length)) return id
      slot = (slot + 2) & last
    }
    const text = bytesText(tag, bytes, from, to)
    const known = this.#overflow?.get(text)
    if (known !== undefined || this.frozen) return known ?? -1
    return this.#insertOverflow(text, h, this.#store(bytes, from, to), length, tag)
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
    const inArena = k3 >>> 24 >= FIRST_BYTES_TAG
    const hash = hashOfWords(k0, inArena ? 0 : k1, k2, k3)
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
}

/** MurmurHash3's finaliser over a multiply-and-xor of the words. */
export function hashOfWords(k0: number, k1: number, k2: number, k3: number): number {
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

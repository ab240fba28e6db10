/** JoinTable: finds the built rows of a key; rows of one key are chained in the order in which they came. */
import type { BytesColumn, Column, NumberColumn } from '../batch/batch.ts'
import type { Keys } from './join-keys.ts'
import { equalRows } from './key-equality.ts'
import { KeyTexts } from './key-texts.ts'

/** 2^32 divided by the golden ratio: spreads hashes that share their high bits, as those of one partition do. */
const GOLDEN = 0x9e3779b9 | 0
const MIN_BITS = 4
/**
 * Slots looked at before a key goes to a `Map`, whose hashes nobody can foresee: made-up collisions cost so many steps
 * each and no more. Honest keys hardly ever get there.
 */
const MAX_PROBES = 64

/** At a load of at most a half, a key that is not there is known not to be after 2.5 slots. */
const slotBits = (rows: number): number => Math.max(MIN_BITS, 32 - Math.clz32(Math.max(1, rows) * 2 - 1))

/** Counted bytes of a table of so many rows: slots, hashes, chains. */
export const tableBytes = (rows: number): number => (rows === 0 ? 0 : 4 * 2 ** slotBits(rows) + 8 * rows)

/** Open addressing: a slot holds the first row of a key plus one, or 0. Keys are compared in the columns themselves. */
export class JoinTable {
  /** The next row of the same key, or −1; one more than there are rows, so that a row that stands for none has an end. */
  readonly next: Int32Array
  readonly #keys: Keys
  readonly #nullsEqual: boolean
  readonly #slots: Int32Array
  readonly #shift: number
  /** The first row of each key that found no slot. */
  readonly #overflow = new Map<string, number>()

  /** @param keys of the built rows, which have to stay as they are */
  constructor(keys: Keys, options: { readonly nullsEqual: boolean }) {
    const rows = keys.length
    const bits = slotBits(rows)
    this.#keys = keys
    this.#nullsEqual = options.nullsEqual
    this.#shift = 32 - bits
    this.#slots = new Int32Array(2 ** bits)
    this.next = new Int32Array(rows + 1).fill(-1)
    this.#fill()
  }

  /** From the last row to the first: each new row goes before those of its key, so that no chain has to be walked. */
  #fill(): void {
    const { hashes, keyless, length } = this.#keys
    const equal = equalRows(this.#keys, this.#keys)
    const texts = new KeyTexts(this.#keys)
    const slots = this.#slots
    const mask = slots.length - 1
    const shift = this.#shift
    for (let row = length - 1; row >= 0; row--) {
      if (keyless !== null && keyless[row] === 1) continue
      const hash = hashes[row]!
      let slot = Math.imul(hash, GOLDEN) >>> shift
      let first = slots[slot]! - 1
      let probes = 1
      while (first >= 0 && (hashes[first] !== hash || !equal(first, row)) && probes++ < MAX_PROBES) {
        slot = (slot + 1) & mask
        first = slots[slot]! - 1
      }
      if (probes <= MAX_PROBES) {
        this.next[row] = first
        slots[slot] = row + 1
      } else {
        const text = texts.of(row)
        this.next[row] = this.#overflow.get(text) ?? -1
        this.#overflow.set(text, row)
      }
    }
  }

  /** The first row of a key that may not have found a slot; −1 where there is none. */
  #findOverflow(texts: KeyTexts, row: number): number {
    return this.#overflow.size === 0 ? -1 : (this.#overflow.get(texts.of(row)) ?? -1)
  }

  /** The first rows of all keys, ascending. */
  firstRows(): Int32Array {
    const inSlots = this.#slots.filter(slot => slot > 0)
    const first = new Int32Array(inSlots.length + this.#overflow.size)
    for (let i = 0; i < inSlots.length; i++) first[i] = inSlots[i]! - 1
    first.set([...this.#overflow.values()], inSlots.length)
    return first.sort()
  }

  /** The first built row of each streamed row's key, −1 where there is none. */
  find(keys: Keys): Int32Array {
    const found = new Int32Array(keys.length)
    if (this.#keys.length === 0) return found.fill(-1)
    const built = onlyColumn(this.#keys)
    const streamed = onlyColumn(keys)
    // Where null equals nothing, rows with nulls are not in the table, nor looked for.
    const compareNulls = (column: Column): boolean => this.#nullsEqual && column.nullCount > 0
    if (built === null || streamed === null || compareNulls(built) || compareNulls(streamed)) {
      this.#find(keys, found)
    } else if (isFloat64(built) && isFloat64(streamed)) this.#findNumbers(keys, streamed, built, found)
    else if (isBytes(built) && isBytes(streamed)) this.#findBytes(keys, streamed, built, found)
    else this.#find(keys, found)
    return found
  }

  #find(keys: Keys, found: Int32Array): void {
    const { hashes, keyless } = keys
    const equal = equalRows(this.#keys, keys)
    const texts = new KeyTexts(keys)
    const firstHashes = this.#keys.hashes
    const slots = this.#slots
    const mask = slots.length - 1
    const shift = this.#shift
    for (let row = 0; row < found.length; row++) {
      let first = -1
      if (keyless === null || keyless[row] === 0) {
        const hash = hashes[row]!
        let slot = Math.imul(hash, GOLDEN) >>> shift
        first = slots[slot]! - 1
        let probes = 1
        while (first >= 0 && (firstHashes[first] !== hash || !equal(first, row)) && probes++ < MAX_PROBES) {
          slot = (slot + 1) & mask
          first = slots[slot]! - 1
        }
        if (probes > MAX_PROBES) first = this.#findOverflow(texts, row)
      }
      found[row] = first
    }
  }

  /** One number a key: comparing it is as fast as comparing hashes. */
  #findNumbers(keys: Keys, streamed: NumberColumn, built: NumberColumn, found: Int32Array): void {
    const { hashes, keyless } = keys
    const values = streamed.values as Float64Array
    const others = built.values as Float64Array
    const texts = new KeyTexts(keys)
    const slots = this.#slots
    const mask = slots.length - 1
    const shift = this.#shift
    for (let row = 0; row < found.length; row++) {
      let first = -1
      if (keyless === null || keyless[row] === 0) {
        const value = values[row]!
        let slot = Math.imul(hashes[row]!, GOLDEN) >>> shift
        first = slots[slot]! - 1
        let probes = 1
        while (first >= 0) {
          const other = others[first]!
          if (other === value || (Number.isNaN(other) && Number.isNaN(value))) break
          if (probes++ === MAX_PROBES) {
            first = this.#findOverflow(texts, row)
            break
          }
          slot = (slot + 1) & mask
          first = slots[slot]! - 1
        }
      }
      found[row] = first
    }
  }

  /** One string or binary a key. */
  #findBytes(keys: Keys, streamed: BytesColumn, built: BytesColumn, found: Int32Array): void {
    const { hashes, keyless } = keys
    const { offsets, bytes } = streamed
    const texts = new KeyTexts(keys)
    const firstHashes = this.#keys.hashes
    const slots = this.#slots
    const mask = slots.length - 1
    const shift = this.#shift
    for (let row = 0; row < found.length; row++) {
      let first = -1
      if (keyless === null || keyless[row] === 0) {
        const hash = hashes[row]!
        const from = offsets[row]!
        const to = offsets[row + 1]!
        let slot = Math.imul(hash, GOLDEN) >>> shift
        first = slots[slot]! - 1
        let probes = 1
        while (
          first >= 0 &&
          (firstHashes[first] !== hash || !sameBytes(built, first, bytes, from, to)) &&
          probes++ < MAX_PROBES
        ) {
          slot = (slot + 1) & mask
          first = slots[slot]! - 1
        }
        if (probes > MAX_PROBES) first = this.#findOverflow(texts, row)
      }
      found[row] = first
    }
  }
}

function onlyColumn({ columns, names }: Keys): Column | null {
  return names === null && columns.length === 1 ? columns[0]! : null
}

const isFloat64 = (column: Column): column is NumberColumn =>
  column.type.kind === 'number' && (column as NumberColumn).values instanceof Float64Array

const isBytes = (column: Column): column is BytesColumn =>
  column.type.kind === 'utf8' || column.type.kind === 'binary'

function sameBytes(
  { offsets, bytes: own }: BytesColumn,
  row: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  let at = offsets[row]!
  if (offsets[row + 1]! - at !== to - from) return false
  for (let i = from; i < to; i++) if (own[at++] !== bytes[i]) return false
  return true
}

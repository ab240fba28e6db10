/** GroupTable: rows to dense group ids, in order of first appearance, by any number of keys. */
import type { Column } from '../batch/batch.ts'
import type { Field } from '../batch/column-type.ts'
import { KeyColumn } from './key-column.ts'
import { KeyTable } from './key-table.ts'

/** Counted per group and key where there are several keys. */
const CODE_BYTES = 4
/** Counted per group: what aggregations and order need besides their states. */
const GROUP_BYTES = 8

/**
 * Each key has codes of its own. A group of one key is its code; a group of several is a pair of the group by the
 * keys before and the code of the last, so a key that turns up later (`distinct` over records that gain a field)
 * extends the groups there are, for which it is null.
 */
export class GroupTable {
  readonly #operator: string
  readonly keys: KeyColumn[] = []
  /** `#pairs[i]` pairs groups by keys `0 … i` with codes of key `i + 1`. */
  readonly #pairs: KeyTable[] = []
  /** Codes by key and group, where there is more than one key. */
  #codes: Int32Array[] = []
  /** Groups so far: ids are below it. */
  count = 0
  readonly #scratch: Int32Array[] = []

  constructor(operator: string, names: readonly string[]) {
    this.#operator = operator
    for (const name of names) this.addKey(name)
  }

  get sizeBytes(): number {
    let bytes = this.count * GROUP_BYTES
    for (const key of this.keys) bytes += key.sizeBytes
    for (const pairs of this.#pairs) bytes += pairs.sizeBytes + this.count * CODE_BYTES
    return bytes
  }

  /** From here on the group of a row with a key that is not there is −1, until `clear`. */
  freeze(): void {
    for (const key of this.keys) key.freeze()
    for (const pairs of this.#pairs) pairs.freeze()
  }

  clear(): void {
    for (const key of this.keys) key.clear()
    for (const pairs of this.#pairs) pairs.clear()
    this.count = 0
  }

  /** Adds a key that is null for all groups so far. */
  addKey(name: string): KeyColumn {
    const key = new KeyColumn(this.#operator, name)
    if (this.count > 0) key.codeOf(null)
    this.keys.push(key)
    if (this.keys.length === 1) return key
    const capacity = this.#codes[0]?.length ?? Math.max(256, this.count)
    if (this.keys.length === 2) this.#codes.push(Int32Array.from({ length: capacity }, (_, group) => group))
    this.#codes.push(new Int32Array(capacity))
    const pairs = new KeyTable({ refuse: impossible, newNested: impossible })
    for (let group = 0; group < this.count; group++) pairs.ofPair(group, 0)
    this.#pairs.push(pairs)
    return key
  }

  /** The group of the row whose keys' codes are `codes[key][row]`; `count` grows by one where it is new. */
  groupOf(codes: readonly Int32Array[], row: number): number {
    const pairs = this.#pairs
    let group = codes.length === 0 ? 0 : codes[0]![row]!
    for (let i = 0; i < pairs.length; i++) group = pairs[i]!.ofPair(group, codes[i + 1]![row]!)
    if (group === this.count) this.#open(codes, row)
    return group
  }

  #open(codes: readonly Int32Array[], row: number): void {
    const group = this.count++
    if (this.#pairs.length === 0) return
    if (group >= this.#codes[0]!.length) {
      this.#codes = this.#codes.map(old => {
        const bigger = new Int32Array(old.length * 2)
        bigger.set(old)
        return bigger
      })
    }
    for (let key = 0; key < codes.length; key++) this.#codes[key]![group] = codes[key]![row]!
  }

  /**
   * Writes the groups of rows `from … to - 1` to the same places of `groups`. The columns are those of the keys; a key
   * without one is null.
   */
  groupsOf(columns: readonly (Column | null)[], groups: Int32Array, from: number, to: number): void {
    const codes = this.codesOf(columns, groups, from, to)
    if (codes.length === 1) this.count = Math.max(this.count, this.keys[0]!.size)
    else for (let row = from; row < to; row++) groups[row] = this.groupOf(codes, row)
  }

  /**
   * The codes of rows `from … to - 1` by key and row. The only key's are written to `groups`: they are its groups.
   * Where a key's column is undefined, the caller fills in its codes.
   */
  codesOf(
    columns: readonly (Column | null | undefined)[],
    groups: Int32Array,
    from: number,
    to: number,
  ): readonly Int32Array[] {
    const single = this.keys.length === 1
    return this.keys.map((key, i) => {
      if (!single && (this.#scratch[i]?.length ?? 0) < to) this.#scratch[i] = new Int32Array(groups.length)
      const codes = single ? groups : this.#scratch[i]!
      const column = columns[i]
      if (column === null) codes.fill(key.codeOf(null), from, to)
      else if (column !== undefined) key.codesOf(column, codes, from, to)
      return codes
    })
  }

  /** The keys of these groups, a column each. */
  columns(groups: Int32Array): Column[] {
    if (this.keys.length === 1) return [this.keys[0]!.column(groups)]
    return this.keys.map((key, i) => {
      const codes = this.#codes[i]!
      return key.column(groups.map(group => codes[group]!))
    })
  }

  /** What `columns` gives, as fields. */
  get fields(): Field[] {
    return this.keys.map(key => ({ name: key.name, type: key.type }))
  }
}

function impossible(): never {
  throw new Error('a table of pairs holds pairs')
}

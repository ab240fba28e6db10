/** SeenKeys: which rows are the first of their keys. */
import { GroupTable } from '../aggregate/group-table.ts'
import type { Batch } from '../batch/batch.ts'
import { columnNamed } from '../batch/column-named.ts'

/** Null is a key, NaN one key, −0 is 0; a column that a batch does not have is null. */
export class SeenKeys {
  readonly #keys: readonly string[]
  readonly #table: GroupTable
  #groups = new Int32Array(0)

  constructor(keys: readonly string[], operator: string) {
    this.#keys = keys
    this.#table = new GroupTable(operator, keys)
  }

  /** Counted bytes: the same on every machine. */
  get sizeBytes(): number {
    return this.#table.sizeBytes
  }

  /** No key counts as seen that has not been seen by now. */
  freeze(): void {
    this.#table.freeze()
  }

  /** No key has been seen. */
  forget(): void {
    this.#table.clear()
  }

  /**
   * Of the rows `from … to - 1`, those whose keys were not seen before: writes their numbers to `rows` from `at` on,
   * and gives the end of what it wrote.
   *
   * @throws TYPE_MISMATCH for a key of another type than those before
   */
  firsts(batch: Batch, from: number, to: number, rows: Int32Array, at: number): number {
    if (this.#groups.length < batch.length) this.#groups = new Int32Array(batch.length)
    const groups = this.#groups
    let next = this.#table.count
    const columns = this.#keys.map(key => columnNamed(batch, key))
    this.#table.groupsOf(columns, groups, from, to)
    let end = at
    for (let row = from; row < to; row++) {
      const group = groups[row]!
      if (group >= 0 && group !== next) continue
      if (group === next) next++
      rows[end++] = row
    }
    return end
  }
}

/** KnownKeys: whether any batch had the columns that are sorted by. */
import { columnNames } from '../batch/column-named.ts'
import type { Schema } from '../batch/column-type.ts'
import { unknownColumn } from '../batch/unknown-column.ts'
import type { SortKeySpec } from '../spec.ts'

/** A batch without the column has nulls there; that none has it is a mistake. */
export class KnownKeys {
  readonly #keys: readonly SortKeySpec[]
  readonly #operator: string
  readonly #names = new Set<string>()
  #last: Schema | null = null

  constructor(keys: readonly SortKeySpec[], operator: string) {
    this.#keys = keys
    this.#operator = operator
  }

  /** The schema of a batch that has rows. */
  see(schema: Schema): void {
    if (schema === this.#last) return
    this.#last = schema
    for (const name of columnNames(schema)) this.#names.add(name)
  }

  /** @throws UNKNOWN_COLUMN where rows were seen and none had a key's column. */
  check(): void {
    if (this.#last === null) return
    const missing = this.#keys.find(key => !this.#names.has(key.column))
    if (missing !== undefined) throw unknownColumn(this.#operator, missing.column, [...this.#names])
  }
}

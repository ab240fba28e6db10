/** Keeps and renames columns. */
import type { Batch, Column } from '../batch/batch.ts'
import { nullColumn } from '../batch/cast.ts'
import { columnNamed, columnNames } from '../batch/column-named.ts'
import { unknownColumn } from '../batch/unknown-column.ts'
import type { Emit, Operator } from '../operator.ts'
import type { SelectSpec } from '../spec.ts'

/**
 * The result is objects, whatever the records were. A column that a batch lacks is null there; that no batch of the
 * task has it is an error at the end, so that where batches end makes no difference.
 */
export class Select implements Operator {
  readonly #operator: string
  readonly #columns: SelectSpec['columns']
  readonly #found = new Set<string>()
  /** Names that the records have, for the message. */
  readonly #names = new Set<string>()
  #rows = 0

  constructor(columns: SelectSpec['columns'], operator: string) {
    this.#operator = operator
    this.#columns = columns
  }

  push(batch: Batch, emit: Emit): void {
    if (batch.length === 0) return
    this.#rows += batch.length
    for (const name of columnNames(batch.schema)) this.#names.add(name)
    const columns = this.#columns.map(({ from }): Column => {
      const column = columnNamed(batch, from)
      if (column === null) return nullColumn({ kind: 'null' }, batch.length)
      this.#found.add(from)
      return column
    })
    const fields = this.#columns.map(({ as }, i) => ({ name: as, type: columns[i]!.type }))
    emit({ schema: { shape: 'object', fields }, length: batch.length, columns })
  }

  finish(): void {
    if (this.#rows === 0) return
    const missing = this.#columns.find(({ from }) => !this.#found.has(from))
    if (missing !== undefined) throw unknownColumn(this.#operator, missing.from, [...this.#names])
  }
}

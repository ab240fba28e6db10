/** Takes columns away that `AddColumns` added. */
import type { Batch } from '../batch/batch.ts'
import type { Emit, Operator } from '../operator.ts'
import type { DropColumnsSpec } from '../spec.ts'

/** Nothing else of a batch changes, nor does its shape. A column that is not there need not be taken away. */
export class DropColumns implements Operator {
  readonly #dropped: ReadonlySet<string>

  constructor({ columns }: Pick<DropColumnsSpec, 'columns'>) {
    this.#dropped = new Set(columns)
  }

  push({ schema, length, columns }: Batch, emit: Emit): void {
    const stays = schema.fields.map(field => !this.#dropped.has(field.name))
    emit({
      schema: { ...schema, fields: schema.fields.filter((_, i) => stays[i]) },
      length,
      columns: columns.filter((_, i) => stays[i]),
    })
  }

  finish(): void {}
}

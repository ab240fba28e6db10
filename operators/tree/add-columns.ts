/** Adds computed columns after those that the rows have. */
import { UserCall } from '../aggregate/user-call.ts'
import type { Batch } from '../batch/batch.ts'
import { BatchBuilder } from '../batch/batch-builder.ts'
import { recordsOf } from '../batch/records.ts'
import { DunlinError } from '../errors.ts'
import type { Emit, Operator } from '../operator.ts'
import type { OperatorEnv } from '../rows/operator-env.ts'
import { namedText } from '../rows/row-step.ts'
import { recordPreview } from '../rows/user-error.ts'
import type { AddColumnsSpec } from '../spec.ts'

export interface AddColumnsOptions extends Pick<AddColumnsSpec, 'columns'> {
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
  readonly env: OperatorEnv
}

interface Computed {
  readonly as: string
  /** Where the function stands, for messages. */
  readonly at: { readonly at?: string }
  readonly call: UserCall
  /** Infers the type over all that the function has returned so far. */
  readonly values: BatchBuilder
}

/**
 * Functions are called once per record, in the order of the records, each on the record as it came. Types are
 * inferred as those of records are, so that a column may be of a wider type in later batches.
 *
 * @throws USER_FUNCTION for a function that throws or returns a promise; TYPE_MISMATCH for values that no column can
 * hold, or that do not share a type.
 */
export class AddColumns implements Operator {
  readonly #columns: readonly Computed[]

  constructor({ columns, operator, env }: AddColumnsOptions) {
    this.#columns = columns.map(({ as, fn }) => {
      const role = columns.length === 1 ? 'key' : namedText('key', fn)
      const at = fn.at === undefined ? {} : { at: fn.at }
      return {
        as,
        at,
        call: new UserCall({ operator, role, ref: fn, env }),
        values: new BatchBuilder({ operator: `${operator}: ${role}` }),
      }
    })
  }

  push(batch: Batch, emit: Emit): void {
    if (batch.length === 0) return
    const records = recordsOf(batch)
    for (const record of records) for (const column of this.#columns) addValue(column, record)
    const added = this.#columns.map(({ as, values }) => {
      const { schema, columns } = values.build()!
      return { field: { name: as, type: schema.fields[0]!.type }, column: columns[0]! }
    })
    const { schema, length, columns } = batch
    emit({
      schema: { ...schema, fields: [...schema.fields, ...added.map(({ field }) => field)] },
      length,
      columns: [...columns, ...added.map(({ column }) => column)],
    })
  }

  finish(): void {}
}

function addValue({ call, values, at }: Computed, record: unknown): void {
  const key = call.call1(record)
  try {
    values.add({ key })
  } catch (error) {
    if (!(error instanceof DunlinError)) throw error
    const { code, message, hint, place } = error
    throw new DunlinError(code, message, {
      ...(hint !== undefined && { hint }),
      place: { ...place, ...at, record: recordPreview(record) },
    })
  }
}

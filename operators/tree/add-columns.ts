/** Adds computed columns after those that the rows have. */
import { UserCall } from '../aggregate/user-call.ts'
import type { Batch } from '../batch/batch.ts'
import { BatchBuilder } from '../batch/batch-builder.ts'
import { previewOf } from '../batch/preview.ts'
import { RecordCheck } from '../batch/record-check.ts'
import { recordsOf } from '../batch/records.ts'
import { typeText } from '../batch/schema.ts'
import { takeRows } from '../batch/take.ts'
import { DunlinError } from '../errors.ts'
import type { Emit, Operator } from '../operator.ts'
import { type BadRecords, unskipped } from '../rows/bad-records.ts'
import type { OperatorEnv } from '../rows/operator-env.ts'
import { namedText } from '../rows/row-step.ts'
import { asDunlinError, recordPreview } from '../rows/user-error.ts'
import type { AddColumnsSpec } from '../spec.ts'

export interface AddColumnsOptions extends Pick<AddColumnsSpec, 'columns'> {
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
  readonly env: OperatorEnv
}

interface Computed {
  readonly as: string
  /** The function, for messages. */
  readonly text: string
  /** Where it stands, for messages. */
  readonly at: { readonly at?: string }
  readonly call: UserCall
  /** Infers the type over all that the function has returned so far. */
  readonly values: BatchBuilder
  /** Of a value alone, as `{ key }`. */
  readonly check: RecordCheck
}

/**
 * Functions are called once per record, in the order of the records, each on the record as it came. Types are
 * inferred as those of records are, so that a column may be of a wider type in later batches. Where bad records are
 * skipped, those on which a function fails are left out.
 *
 * @throws USER_FUNCTION for a function that throws or returns a promise; TYPE_MISMATCH for values that no column can
 * hold, or that do not share a type.
 */
export class AddColumns implements Operator {
  readonly #columns: readonly Computed[]
  readonly #bad: BadRecords | undefined

  constructor({ columns, operator, env }: AddColumnsOptions) {
    this.#bad = env.bad
    this.#columns = columns.map(({ as, fn }) => {
      const role = columns.length === 1 ? 'key' : namedText('key', fn)
      const at = fn.at === undefined ? {} : { at: fn.at }
      return {
        as,
        text: `the ${namedText('key function', fn)}`,
        at,
        call: new UserCall({ operator, role, ref: fn, env }),
        values: new BatchBuilder({ operator: `${operator}: ${role}` }),
        check: new RecordCheck({ operator: `${operator}: ${role}` }),
      }
    })
  }

  push(given: Batch, emit: Emit): void {
    const records = recordsOf(given)
    const batch = this.#bad === undefined ? given : this.#kept(given, records, this.#bad)
    if (batch.length === 0) return
    if (this.#bad === undefined) {
      for (const record of records) {
        for (const column of this.#columns) addValue(column, record, column.call.call1(record))
      }
    }
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

  /** Adds the values of the records on which no function fails; gives those. */
  #kept(batch: Batch, records: readonly unknown[], bad: BadRecords): Batch {
    const rows = new Int32Array(batch.length)
    let count = 0
    for (const [row, record] of records.entries()) {
      const keys = keysOrError(this.#columns, record)
      if (keys instanceof DunlinError) {
        const error = unskipped(bad, keys, record)
        if (error !== null) throw error
        continue
      }
      for (const [k, column] of this.#columns.entries()) addValue(column, record, keys[k])
      rows[count++] = row
    }
    return takeRows(batch, rows, count)
  }
}

/** What the functions return for a record, or why it is a bad one. */
function keysOrError(columns: readonly Computed[], record: unknown): unknown[] | DunlinError {
  const keys: unknown[] = []
  for (const { call, check, text, at } of columns) {
    try {
      const key = call.call1(record)
      const refusal = check.refusal({ key })
      if (refusal !== null) return unholdable(asDunlinError(refusal), { text, at, key, record })
      keys.push(key)
    } catch (error) {
      if (error instanceof DunlinError) return error
      throw error
    }
  }
  return keys
}

function unholdable(
  error: DunlinError,
  {
    text,
    at,
    key,
    record,
  }: Pick<Computed, 'text' | 'at'> & { readonly key: unknown; readonly record: unknown },
): DunlinError {
  return new DunlinError(error.code, `${text} returned ${unholdableText(error, key)}`, {
    ...(error.hint !== undefined && { hint: error.hint }),
    place: { ...error.place, ...at, record: recordPreview(record) },
  })
}

function unholdableText({ code }: DunlinError, key: unknown): string {
  const shown = previewOf(key)
  return code === 'TOO_LARGE'
    ? `${shown}, which is outside of 64 bits`
    : `a value that no column can hold: ${shown}`
}

function addValue(column: Computed, record: unknown, key: unknown): void {
  try {
    column.values.add({ key })
  } catch (error) {
    if (!(error instanceof DunlinError)) throw error
    const { code, place } = error
    const { message, hint = error.hint } = refusalOf(column, key, error)
    throw new DunlinError(code, message, {
      ...(hint !== undefined && { hint }),
      place: { ...place, ...column.at, record: recordPreview(record) },
    })
  }
}

/** The column is none that the caller has named: what is said is said of the function. */
function refusalOf(
  { text, values }: Computed,
  key: unknown,
  error: DunlinError,
): { readonly message: string; readonly hint?: string } {
  const shown = previewOf(key)
  const alone = new BatchBuilder({ operator: '' })
  try {
    alone.add({ key })
  } catch {
    return { message: `${text} returned ${unholdableText(error, key)}` }
  }
  const [before, now] = [values, alone].map(({ schema }) => typeText(schema!.fields[0]!.type))
  if (before === now) return { message: `${text}: ${error.message}` }
  return {
    message: `${text} returned ${before} for some records and ${now} for another: ${shown}`,
    hint: 'Return values of one type from it.',
  }
}

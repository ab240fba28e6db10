/** SkippingKeys: calls key functions where bad records are skipped, before anything is grouped by what they return. */
import type { Batch } from '../batch/batch.ts'
import { RecordCheck } from '../batch/record-check.ts'
import { recordsOf } from '../batch/records.ts'
import { takeRows } from '../batch/take.ts'
import { DunlinError } from '../errors.ts'
import { type BadRecords, unskipped } from '../rows/bad-records.ts'
import { asDunlinError, recordPreview } from '../rows/user-error.ts'
import type { AggregatePlan, PlannedKey } from './aggregate-plan.ts'

/** The rows of a batch whose keys could be computed. */
export interface KeyedRows {
  readonly batch: Batch
  readonly records: readonly unknown[]
  /** By key, then row; nothing for keys that are columns. */
  readonly keys: readonly (readonly unknown[])[]
}

/** Whether a key function that fails costs a record, and not the task. */
export const mayFail = ({ keys, env }: AggregatePlan): boolean =>
  env.bad !== undefined && keys !== 'all' && keys.some(key => key.call !== undefined)

export class SkippingKeys {
  readonly #keys: readonly PlannedKey[]
  readonly #bad: BadRecords
  readonly #check: RecordCheck

  private constructor(keys: readonly PlannedKey[], bad: BadRecords, operator: string) {
    this.#keys = keys
    this.#bad = bad
    this.#check = new RecordCheck({ operator })
  }

  static of(plan: AggregatePlan): SkippingKeys | null {
    const { keys, env, operator } = plan
    if (env.bad === undefined || keys === 'all' || !mayFail(plan)) return null
    return new SkippingKeys(keys, env.bad, operator)
  }

  keysOf(batch: Batch): KeyedRows {
    const all = recordsOf(batch)
    const rows = new Int32Array(batch.length)
    const records: unknown[] = []
    const keys: unknown[][] = this.#keys.map(() => [])
    for (const [row, record] of all.entries()) {
      const values = this.keysOfRecord(record)
      if (values === null) continue
      rows[records.length] = row
      records.push(record)
      for (const [k, of] of keys.entries()) of.push(values[k])
    }
    return { batch: takeRows(batch, rows, records.length), records, keys }
  }

  /** Null where the record has been skipped. */
  keysOfRecord(record: unknown): readonly unknown[] | null {
    const values: unknown[] = []
    try {
      for (const { call, as } of this.#keys) {
        const value = call?.call1(record)
        const refusal = this.#check.refusal({ [as]: value })
        if (refusal !== null) throw asDunlinError(refusal).at({ record: recordPreview(record) })
        values.push(value)
      }
      return values
    } catch (error) {
      if (!(error instanceof DunlinError)) throw error
      const refused = unskipped(this.#bad, error, record)
      if (refused !== null) throw refused
      return null
    }
  }
}

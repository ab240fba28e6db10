/** HashJoin: joins two inputs by equal keys, in memory up to its budget and divided by hashes beyond it. */
import { BATCH_BYTES, BATCH_ROWS, type Batch, type Column } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import { castBatch } from '../batch/cast.ts'
import { columnNamed, columnNames } from '../batch/column-named.ts'
import type { AsyncEmit, PipelineBreaker, RunStore } from '../operator.ts'
import type { JoinSpec } from '../spec.ts'
import { keyColumns, keylessRows } from './join-keys.ts'
import { JoinLevel } from './join-level.ts'
import { type JoinPlan, joinPlan, LEFT, RIGHT, type Side } from './join-plan.ts'
import { JoinSchemas, unknownKey } from './join-schemas.ts'
import { PairList } from './prober.ts'
import { SetSides } from './set-sides.ts'

export interface HashJoinOptions {
  readonly spec: Omit<JoinSpec, 'inputs'>
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
  readonly env: { readonly budgetBytes: number; readonly runs: RunStore }
}

/**
 * Input 0 is the left, 1 the right. What `JoinSpec` says of the result holds for any budget, row by row: rows in the
 * order of the streamed side, each with its matches in the order of the built one, then built rows without a match.
 *
 * @throws UNKNOWN_COLUMN for a key that no row of a side has; TYPE_MISMATCH for keys of two kinds; NAME_CLASH for
 * columns of both sides with one name. By all columns, TYPE_MISMATCH also for sides of two shapes, or that have columns
 * but none in common.
 *
 * @example
 * const join = new HashJoin({ spec, operator: 'Join on id', env: { budgetBytes: 32 << 20, runs } })
 * for (const input of join.order) {
 *   for await (const batch of inputs[input]) await join.push(input, batch, emit)
 *   await join.end(input, emit)
 * }
 * await join.close()
 */
export class HashJoin implements PipelineBreaker {
  readonly order: readonly number[]
  readonly #plan: JoinPlan
  readonly #schemas: JoinSchemas
  readonly #level: JoinLevel
  /** Null for a join by keys. */
  readonly #sets: SetSides | null
  /** Columns by side that keys can name; null where there were no rows. */
  readonly #names: [Set<string> | null, Set<string> | null] = [null, null]
  /** The last result, which waits until it is known what all results have: that must not depend on which rows match. */
  #last: Batch | null = null

  constructor({ spec, operator, env }: HashJoinOptions) {
    const plan = joinPlan(spec, operator)
    this.#plan = plan
    this.order = [plan.built, plan.streamed]
    this.#schemas = new JoinSchemas(plan)
    this.#sets = plan.keys === 'all' ? new SetSides(operator) : null
    this.#level = new JoinLevel({
      work: { plan, schemas: this.#schemas, runs: env.runs, pairs: new PairList() },
      level: 0,
      budgetBytes: env.budgetBytes,
      limits: { rows: BATCH_ROWS, bytes: BATCH_BYTES },
      // Without keys there is nothing to divide by.
      overflow: plan.keys !== 'all' && plan.keys.length === 0 ? 'tail' : 'divided',
      hotHash: null,
    })
  }

  async push(input: number, batch: Batch, emit: AsyncEmit): Promise<void> {
    const side = input === LEFT ? LEFT : RIGHT
    for (const name of columnNames(batch.schema)) (this.#names[side] ??= new Set()).add(name)
    this.#names[side] ??= new Set()
    this.#sets?.see(side, batch.schema)
    const rows = this.#rowsOf(batch, side)
    this.#schemas.see(side, rows.schema)
    if (rows.length === 0) return
    if (side === this.#plan.built) {
      const kept = this.#withoutKeyless(rows)
      if (kept !== null) await this.#level.addBuilt({ batch: kept, sequence: null })
      return
    }
    const give = (result: Batch): Promise<void> => this.#give(result, emit)
    // Asked for at every batch, so that its names and order are what they are without a division.
    void this.#schemas.layout
    await this.#level.push({ batch: castBatch(rows, this.#schemas.of(side)!), sequence: null }, give)
    await this.#level.flush()
  }

  async end(input: number, emit: AsyncEmit): Promise<void> {
    const side = input === LEFT ? LEFT : RIGHT
    this.#checkKeys(side)
    if (side === this.#plan.built) return this.#level.endBuilt()
    this.#sets?.end()
    const give = (result: Batch): Promise<void> => this.#give(result, emit)
    await this.#level.finish(give)
    await this.#level.unmatched(give)
    if (this.#last !== null) await emit(castBatch(this.#last, this.#schemas.layout.schema))
    this.#last = null
  }

  async close(): Promise<void> {
    this.#last = null
    await this.#level.close()
  }

  async #give(result: Batch, emit: AsyncEmit): Promise<void> {
    const before = this.#last
    this.#last = result
    if (before !== null) await emit(before)
  }

  /** The batch with the columns that are needed of it. */
  #rowsOf(batch: Batch, side: Side): Batch {
    const { result, built, keyNames } = this.#plan
    const names = keyNames[side]
    const exists = result !== 'pairs'
    // Rows of the left as they are.
    if (exists && side !== built) return batch
    if (names !== 'all' && exists) return columnsOf(batch, [...new Set(names)])
    const key = batch.schema.shape === 'record' && names !== 'all' && names.includes('key')
    const fields = batch.schema.fields.map(field => field.name)
    return columnsOf(batch, key ? ['key', ...fields] : fields)
  }

  /** Built rows that match nothing and are not in the result need not be held; null where no row is left. */
  #withoutKeyless(batch: Batch): Batch | null {
    const { keepBuilt, nullsEqual, built } = this.#plan
    const keyless =
      keepBuilt || nullsEqual ? null : keylessRows(keyColumns(batch, this.#plan, built), batch.length)
    if (keyless === null) return batch
    const rows = new Int32Array(batch.length)
    let length = 0
    for (let row = 0; row < batch.length; row++) if (keyless[row] === 0) rows[length++] = row
    const appender = new BatchAppender(batch.schema)
    appender.append(batch, rows, 0, length)
    return appender.build()
  }

  #checkKeys(side: Side): void {
    const names = this.#plan.keyNames[side]
    const known = this.#names[side]
    if (names === 'all' || known === null) return
    for (const name of names) if (!known.has(name)) throw unknownKey(this.#plan, side, name, [...known])
  }
}

/** Those of the columns that the batch has, as an object. */
function columnsOf(batch: Batch, names: readonly string[]): Batch {
  const columns = names.map(name => ({ name, column: columnNamed(batch, name) }))
  const there = columns.filter((one): one is { name: string; column: Column } => one.column !== null)
  return {
    schema: { shape: 'object', fields: there.map(({ name, column }) => ({ name, type: column.type })) },
    length: batch.length,
    columns: there.map(({ column }) => column),
  }
}

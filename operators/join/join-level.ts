/** JoinLevel: one join from its first built row to its last result, in memory or, past the budget, divided. */
import { BATCH_ROWS } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import { bitBytes } from '../batch/growing.ts'
import { sliceBatch } from '../batch/take.ts'
import type { AsyncEmit } from '../operator.ts'
import { BuildRows } from './build-rows.ts'
import { Division } from './division.ts'
import { keysOf } from './join-keys.ts'
import { JoinOutput } from './join-output.ts'
import { JoinTable, tableBytes } from './join-table.ts'
import type { LevelJoin, LevelOptions } from './join-work.ts'
import { type NumberedRows, numbered } from './numbered-rows.ts'
import { Prober } from './prober.ts'
import { RunObject } from './run-object.ts'

/** However much memory there is: row numbers, offsets and slots are 32-bit integers. */
const MAX_TABLE_BYTES = 1 << 30
/** Rows from which on those of a key that is there already are looked for, where one of a key is enough. */
const FIRST_COMPACTION_ROWS = 1 << 16
/** Looking for them again must be worth it. */
const COMPACTION_GROWTH = 1.5

export class JoinLevel implements LevelJoin {
  readonly #options: LevelOptions
  readonly #output: JoinOutput
  #rows: BuildRows
  /** Rows that were left when those that are not needed were last thrown away. */
  #compacted = 0
  #tail: RunObject | null = null
  #division: Division | null = null
  #prober: Prober | null = null

  constructor(options: LevelOptions) {
    const { plan } = options.work
    this.#options = options
    this.#output = new JoinOutput(plan, options.limits)
    this.#rows = this.#newRows()
  }

  async addBuilt(rows: NumberedRows): Promise<void> {
    if (this.#division !== null) return this.#division.addBuilt(rows)
    if (this.#tail !== null) return this.#tail.write(numbered(rows))
    this.#rows.add(rows.batch, rows.sequence)
    if (this.#isWorthCompacting()) this.#compact()
    if (this.#rows.rows > 1 && this.#sizeBytes > this.#limitBytes) await this.#overflow()
  }

  async endBuilt(): Promise<void> {
    if (this.#division !== null) return
    const { plan, pairs, schemas } = this.#options.work
    this.#tail?.endRun()
    const tail = (await this.#tail?.finish())?.[0] ?? null
    const built = this.#rows.take(schemas.of(plan.built))
    this.#prober = new Prober({ plan, built, tail, output: this.#output, pairs })
  }

  async push(rows: NumberedRows, emit: AsyncEmit): Promise<void> {
    if (this.#division !== null) return this.#division.push(rows)
    this.#output.to(emit)
    this.#output.use(this.#options.work.schemas.layout)
    await this.#prober!.push(rows.batch, rows.sequence)
  }

  /** Gives the results of what was pushed so far, where nothing is divided. */
  flush(): Promise<void> {
    return this.#output.flush()
  }

  async finish(emit: AsyncEmit): Promise<void> {
    if (this.#division !== null) return this.#division.finish(emit)
    this.#output.to(emit)
    await this.#output.flush()
  }

  async unmatched(emit: AsyncEmit): Promise<void> {
    const { plan, schemas } = this.#options.work
    if (!plan.keepBuilt) return
    if (this.#division !== null) return this.#division.unmatched(emit)
    this.#output.to(emit)
    this.#output.use(schemas.layout)
    await this.#prober!.unmatched()
    await this.#output.flush()
  }

  async close(): Promise<void> {
    await this.#division?.close()
    await this.#tail?.close()
    this.#prober = null
    this.#rows = this.#newRows()
  }

  #newRows(): BuildRows {
    const { plan, schemas } = this.#options.work
    // What is divided is known as a whole.
    const schema = this.#options.level === 0 ? null : schemas.of(plan.built)
    return new BuildRows({ operator: plan.operator, schema })
  }

  get #limitBytes(): number {
    return Math.min(this.#options.budgetBytes, MAX_TABLE_BYTES)
  }

  get #sizeBytes(): number {
    const { rows, sizeBytes } = this.#rows
    return sizeBytes + tableBytes(rows) + (this.#options.work.plan.keepBuilt ? bitBytes(rows) : 0)
  }

  #isWorthCompacting(): boolean {
    if (this.#options.work.plan.result === 'pairs') return false
    const { rows } = this.#rows
    if (rows < COMPACTION_GROWTH * this.#compacted) return false
    return this.#sizeBytes > this.#limitBytes || rows >= Math.max(FIRST_COMPACTION_ROWS, 2 * this.#compacted)
  }

  /** Keeps the first row of each key. */
  #compact(): void {
    const { plan } = this.#options.work
    const { batch } = this.#rows.take()!
    const first = new JoinTable(keysOf(batch, plan, plan.built), plan).firstRows()
    const appender = new BatchAppender(batch.schema)
    appender.append(batch, first, 0, first.length)
    const kept = appender.build()
    if (kept !== null) this.#rows.add(kept, null)
    this.#compacted = this.#rows.rows
  }

  async #overflow(): Promise<void> {
    const { overflow, work } = this.#options
    if (overflow === 'tail') {
      this.#tail = new RunObject(work.runs)
      return
    }
    const division = new Division(this.#options, options => new JoinLevel(options))
    this.#division = division
    const { batch, sequence } = this.#rows.take()!
    for (let from = 0; from < batch.length; from += BATCH_ROWS) {
      const to = Math.min(from + BATCH_ROWS, batch.length)
      await division.addBuilt({
        batch: sliceBatch(batch, from, to),
        sequence: sequence?.subarray(from, to) ?? null,
      })
    }
  }
}

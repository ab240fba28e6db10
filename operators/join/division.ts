/** Division: a join whose built rows do not fit its budget, as many joins of rows with keys of the same hashes. */
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../batch/batch.ts'
import { castBatch } from '../batch/cast.ts'
import { batchBytes } from '../batch/size.ts'
import { sliceBatch } from '../batch/take.ts'
import type { AsyncEmit, Run } from '../operator.ts'
import { type PartitionOrder, rowsByPartition } from '../partition/counting-order.ts'
import { finish } from '../partition/murmur.ts'
import { PartitionedRows } from '../spill/partitioned-rows.ts'
import { mergeBySequence, mergedBySequence } from '../spill/sequence-merge.ts'
import { type Keys, keysOf } from './join-keys.ts'
import { JoinOutput, type OutputLimits } from './join-output.ts'
import type { LevelJoin, LevelOptions } from './join-work.ts'
import { type NumberedRows, numbered, unnumbered } from './numbered-rows.ts'
import { RunObject } from './run-object.ts'

/** By four bits of the hash: each partition is built in a half of the budget, so two levels go to 128 times of it. */
const HASH_BITS = 4
const HASHED = 1 << HASH_BITS
/** Rows whose keys are null, which match nothing. */
const KEYLESS = HASHED
/** Rows of the hash that may be the commonest: a key of its own, which dividing by hashes would never make smaller. */
const HOT = HASHED + 1
const PARTITIONS = HASHED + 2
/** Rows that need not be kept. */
const NOWHERE = PARTITIONS
/** Divisions within divisions; beyond them are many keys of one hash, which somebody has made up. */
const MAX_LEVEL = 8
/** Other bits of the hash for each level. */
const LEVEL_SEED = 0x9e3779b9 | 0
/** Merging holds two batches of every partition's results. */
const MERGED_SHARE = 1 / (4 * PARTITIONS)
const MIN_RESULT_BYTES = 4 << 10

/**
 * Built rows, then streamed ones go out by the hash of their keys, numbered by their order. Then one partition after
 * another is joined by itself, and the results, which carry the numbers of the streamed rows, are merged by them. No
 * two partitions have rows of one streamed row, so that is the order in which the undivided join gives them.
 */
export class Division {
  readonly #options: LevelOptions
  readonly #newLevel: (options: LevelOptions) => LevelJoin
  readonly #built: PartitionedRows
  readonly #streamed: PartitionedRows
  readonly #limits: OutputLimits
  /** Runs of each partition: results, then built rows that have matched nothing. */
  readonly #results: RunObject
  #unmatched: readonly Run[] = []
  #builtRows = 0
  #streamedRows = 0
  /** By partition, the hash that a majority vote (Boyer and Moore, 1981) would elect, and its lead. */
  readonly #candidates = new Uint32Array(PARTITIONS)
  readonly #leads = new Float64Array(PARTITIONS)
  #ids = new Uint32Array(0)
  #order: PartitionOrder | undefined

  constructor(options: LevelOptions, newLevel: (options: LevelOptions) => LevelJoin) {
    const { budgetBytes, work } = options
    const { plan, runs } = work
    this.#options = options
    this.#newLevel = newLevel
    const sides = { partitions: PARTITIONS, budgetBytes: budgetBytes / 4, runs, operator: plan.operator }
    this.#built = new PartitionedRows(sides)
    this.#streamed = new PartitionedRows(sides)
    this.#results = new RunObject(runs)
    const bytes = Math.max(MIN_RESULT_BYTES, Math.min(BATCH_BYTES, budgetBytes * MERGED_SHARE))
    this.#limits = { rows: BATCH_ROWS, bytes }
  }

  async addBuilt({ batch, sequence }: NumberedRows): Promise<void> {
    const { plan } = this.#options.work
    const keys = keysOf(batch, plan, plan.built)
    const ids = this.#divide(keys)
    this.#vote(keys.hashes, ids)
    const numbers = plan.keepBuilt ? (sequence ?? numbersFrom(this.#builtRows, batch.length)) : null
    this.#builtRows += batch.length
    await this.#push(this.#built, { batch, sequence: numbers }, ids)
  }

  async push({ batch, sequence }: NumberedRows): Promise<void> {
    const { plan } = this.#options.work
    const ids = this.#divide(keysOf(batch, plan, plan.streamed))
    if (!plan.keepStreamed) {
      for (let row = 0; row < batch.length; row++) {
        const id = ids[row]!
        if (id === KEYLESS || this.#built.rowsOf(id) === 0) ids[row] = NOWHERE
      }
    }
    const numbers = sequence ?? numbersFrom(this.#streamedRows, batch.length)
    this.#streamedRows += batch.length
    await this.#push(this.#streamed, { batch, sequence: numbers }, ids)
  }

  /** Joins the partitions and gives their results, merged. */
  async finish(emit: AsyncEmit): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition++) await this.#join(partition)
    await this.#built.close()
    await this.#streamed.close()
    const runs = await this.#results.finish()
    this.#unmatched = runs.filter((run, i): run is Run => i % 2 === 1 && run !== null)
    await this.#merge(
      runs.filter((run, i): run is Run => i % 2 === 0 && run !== null),
      emit,
    )
  }

  /** Gives the built rows that have matched nothing, after `finish`. */
  async unmatched(emit: AsyncEmit): Promise<void> {
    await this.#merge(this.#unmatched, emit)
  }

  /** Removes what is left of its runs. Never throws. */
  async close(): Promise<void> {
    await this.#built.close()
    await this.#streamed.close()
    await this.#results.close()
  }

  /** The partition of each row. */
  #divide({ hashes, keyless, length }: Keys): Uint32Array {
    if (this.#ids.length < length) this.#ids = new Uint32Array(length)
    const ids = this.#ids
    const { level, hotHash } = this.#options
    const seed = Math.imul(level + 1, LEVEL_SEED)
    for (let row = 0; row < length; row++) {
      const hash = hashes[row]!
      if (keyless !== null && keyless[row] === 1) ids[row] = KEYLESS
      else ids[row] = hash === hotHash ? HOT : finish(hash ^ seed) >>> (32 - HASH_BITS)
    }
    return ids
  }

  #vote(hashes: Uint32Array, ids: Uint32Array): void {
    const candidates = this.#candidates
    const leads = this.#leads
    for (let row = 0; row < hashes.length; row++) {
      const partition = ids[row]!
      if (leads[partition] === 0) candidates[partition] = hashes[row]!
      leads[partition]! += candidates[partition] === hashes[row] ? 1 : -1
    }
  }

  async #push(side: PartitionedRows, rows: NumberedRows, ids: Uint32Array): Promise<void> {
    this.#order = rowsByPartition(ids, rows.batch.length, PARTITIONS + 1, this.#order)
    await side.push(numbered(rows), this.#order.order, this.#order.ends.subarray(0, PARTITIONS))
  }

  async #join(partition: number): Promise<void> {
    const { work, level, budgetBytes } = this.#options
    const { plan } = work
    const next = level + 1
    const within = this.#newLevel({
      work,
      level: next,
      budgetBytes: budgetBytes / 2,
      limits: this.#limits,
      overflow: partition === HOT || next === MAX_LEVEL ? 'tail' : 'divided',
      hotHash: this.#candidates[partition]!,
    })
    const write = (batch: Batch): Promise<void> => this.#write(batch)
    // Where nothing can match, built rows go by without a table.
    const matches = partition !== KEYLESS && this.#streamed.rowsOf(partition) > 0
    try {
      if (matches) for await (const rows of this.#rowsOf(this.#built, partition)) await within.addBuilt(rows)
      await within.endBuilt()
      for await (const rows of this.#rowsOf(this.#streamed, partition)) await within.push(rows, write)
      await within.finish(write)
      this.#results.endRun()
      if (matches) await within.unmatched(write)
      else if (plan.keepBuilt) await this.#giveBuilt(partition, write)
      this.#results.endRun()
    } finally {
      await within.close()
    }
  }

  /** A partition's rows as those of the whole side are. */
  async *#rowsOf(side: PartitionedRows, partition: number): AsyncGenerator<NumberedRows> {
    const { plan, schemas } = this.#options.work
    const schema = schemas.of(side === this.#built ? plan.built : plan.streamed)
    if (schema === null) return
    for await (const read of side.batches(partition)) {
      const { batch, sequence } = unnumbered(read)
      yield { batch: castBatch(batch, schema), sequence }
    }
  }

  /** All built rows of a partition as rows that have matched nothing. */
  async #giveBuilt(partition: number, write: AsyncEmit): Promise<void> {
    const { plan, schemas } = this.#options.work
    const output = new JoinOutput(plan, this.#limits)
    output.to(write)
    output.use(schemas.layout)
    for await (const { batch, sequence } of this.#rowsOf(this.#built, partition)) {
      output.setBuilt(batch, null)
      const rows = Int32Array.from({ length: batch.length }, (_, row) => row)
      await output.addBuilt(rows, batch.length, sequence)
    }
    await output.flush()
  }

  /** What a division within has merged may come in large batches. */
  async #write(batch: Batch): Promise<void> {
    const pieces = Math.ceil(batchBytes(batch) / (2 * this.#limits.bytes))
    const step = Math.max(1, Math.ceil(batch.length / pieces))
    for (let from = 0; from < batch.length; from += step) {
      await this.#results.write(sliceBatch(batch, from, from + step))
    }
  }

  async #merge(runs: readonly Run[], emit: AsyncEmit): Promise<void> {
    const sources = runs.map(run => run.batches())
    if (this.#options.level === 0) await mergeBySequence(sources, emit)
    else for await (const batch of mergedBySequence(sources)) await emit(batch)
    for (const run of runs) await run.discard()
  }
}

function numbersFrom(first: number, length: number): Float64Array {
  const numbers = new Float64Array(length)
  for (let i = 0; i < length; i++) numbers[i] = first + i
  return numbers
}

/** PartitionedRows: rows divided among partitions, in memory up to a budget and as runs beyond it. */
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { sameSchema, unifySchemas } from '../batch/schema.ts'
import { batchBytes } from '../batch/size.ts'
import { sliceBatch } from '../batch/take.ts'
import type { Run, RunStore } from '../operator.ts'
import { joinedBatches } from './joined-batches.ts'

export interface PartitionedRowsOptions {
  readonly partitions: number
  /** Counted bytes that are held in memory; beyond them everything held becomes runs. */
  readonly budgetBytes: number
  readonly runs: RunStore
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
}

/** What a batch of few rows takes besides them: objects and first allocations, measured to within a half. */
const BATCH_OVERHEAD_BYTES = 256
const COLUMN_OVERHEAD_BYTES = 512
/** Smaller batches are copied together: kept as they are they may keep much larger memory alive. */
const KEEP_BYTES = 64 << 10
/** Small, since all partitions may be read at once, and enough to make the price of a batch nothing. */
const JOIN_BYTES = 256 << 10
/** Rows are gathered into batches of this size: all partitions grow at once, and what grows is copied again. */
const GATHER_BYTES = 256 << 10

/**
 * Each partition's rows come out in the order in which they went in, whatever the budget is.
 *
 * Push, then read partitions, each at most once, in any order; `close` at the end, after an error too.
 *
 * @example
 * const rows = new PartitionedRows({ partitions: 2, budgetBytes: 1 << 20, runs, operator: 'Join' })
 * await rows.push(batch, Int32Array.of(0, 2, 1), Int32Array.of(2, 3)) // rows 0 and 2 to partition 0, row 1 to 1
 * for await (const batch of rows.batches(0)) …
 */
export class PartitionedRows {
  readonly #options: PartitionedRowsOptions
  /** Bytes that are appended between two looks at the budget, and of a batch that is gathered. */
  readonly #pieceBytes: number
  readonly #finished: Batch[][]
  /** Made when a partition's first row comes; all of `#schema`. */
  readonly #open: (BatchAppender | null)[]
  readonly #openBytes: Float64Array
  /** Rows of each partition, wherever they are, and the bytes of those that are not in an open appender. */
  readonly #rowsOf: Float64Array
  readonly #bytesOf: Float64Array
  /** One object each, a run for each partition. */
  readonly #spills: (Run | null)[][] = []
  #schema: Schema | null = null
  #rows = 0
  /** Counted bytes of the rows in memory, and of the batches that they stand in. */
  #dataBytes = 0
  #overheadBytes = 0
  #batchOverheadBytes = 0

  constructor(options: PartitionedRowsOptions) {
    const { partitions } = options
    this.#options = options
    this.#pieceBytes = Math.max(1, Math.min(GATHER_BYTES, options.budgetBytes / 4))
    this.#finished = Array.from({ length: partitions }, () => [])
    this.#open = new Array<null>(partitions).fill(null)
    this.#openBytes = new Float64Array(partitions)
    this.#rowsOf = new Float64Array(partitions)
    this.#bytesOf = new Float64Array(partitions)
  }

  /** Counted bytes held in memory now. */
  get sizeBytes(): number {
    return this.#dataBytes + this.#overheadBytes
  }

  /** Rows pushed so far; one that went to several partitions counts as often. */
  get rows(): number {
    return this.#rows
  }

  /** What all batches that come out have: unified over all that went in, null where there were none. */
  get schema(): Schema | null {
    return this.#schema
  }

  get spilled(): boolean {
    return this.#spills.length > 0
  }

  rowsOf(partition: number): number {
    return this.#rowsOf[partition]!
  }

  /** Counted bytes of a partition's rows, spilled or not. */
  bytesOf(partition: number): number {
    return this.#bytesOf[partition]! + this.#openBytes[partition]!
  }

  /**
   * The rows `order[ends[p - 1]] … order[ends[p] - 1]` of the batch go to partition p. Nothing else may be called,
   * nor the arrays changed, before what is returned has resolved.
   *
   * @throws TYPE_MISMATCH where the batch's schema does not unify with those before it.
   */
  push(batch: Batch, order: Int32Array, ends: Int32Array): Promise<void> | void {
    if (batch.length === 0) return
    const cast = castBatch(batch, this.#widen(batch.schema))
    const rowBytes = batchBytes(cast) / cast.length
    return this.#append({ batch: cast, order, ends, rowBytes }, 0, 0)
  }

  /** All rows of the batch go to one partition; a large batch is kept, not copied. */
  pushTo(partition: number, batch: Batch): Promise<void> | void {
    if (batch.length === 0) return
    const schema = this.#widen(batch.schema)
    this.#count(partition, batch.length)
    const bytes = batchBytes(batch)
    if (bytes < KEEP_BYTES) {
      const appender = this.#opened(partition, schema)
      appender.appendRange(castBatch(batch, schema), 0, batch.length)
      this.#appended(partition, appender)
    } else {
      this.#cut(partition)
      const step = Math.max(1, Math.floor((batch.length * BATCH_BYTES) / bytes))
      for (let from = 0; from < batch.length; from += step) {
        this.#keep(partition, sliceBatch(batch, from, from + step))
      }
    }
    if (this.sizeBytes > this.#options.budgetBytes) return this.spill()
  }

  /** Writes everything that is in memory as runs. */
  async spill(): Promise<void> {
    if (this.#overheadBytes === 0) return
    const writer = await this.#options.runs.open()
    try {
      for (let p = 0; p < this.#finished.length; p++) {
        this.#cut(p)
        for (const batch of this.#finished[p]!.splice(0)) {
          await writer.write(batch)
          this.#release(batch)
        }
        writer.endRun()
      }
      const spill: (Run | null)[] = [...(await writer.close())]
      this.#spills.push(spill)
      for (const [p, run] of spill.entries()) if (run!.rows === 0) await this.#discard(spill, p)
    } catch (error) {
      await writer.abort()
      throw error
    }
  }

  /** The rows of a partition in the order in which they were pushed, all of `schema`. They are given once. */
  async *batches(partition: number): AsyncGenerator<Batch> {
    const schema = this.#schema
    if (schema === null) return
    const rows = this.#batches(partition, schema)
    const joinBytes = Math.min(JOIN_BYTES, this.#options.budgetBytes / 16)
    yield* this.spilled ? joinedBatches(rows, { schema, joinBytes }) : rows
  }

  async *#batches(partition: number, schema: Schema): AsyncGenerator<Batch> {
    for (const spill of this.#spills) {
      const run = spill[partition]
      if (run === null || run === undefined) continue
      for await (const batch of run.batches()) yield castBatch(batch, schema)
      await this.#discard(spill, partition)
    }
    this.#cut(partition)
    const finished = this.#finished[partition]!
    for (let batch = finished.shift(); batch !== undefined; batch = finished.shift()) {
      this.#release(batch)
      yield castBatch(batch, schema)
    }
  }

  async #discard(spill: (Run | null)[], partition: number): Promise<void> {
    const run = spill[partition]!
    spill[partition] = null
    await run?.discard()
  }

  /** Discards what was not read. Never throws. */
  async close(): Promise<void> {
    for (const spill of this.#spills.splice(0)) {
      for (const p of spill.keys()) await this.#discard(spill, p)
    }
    this.#open.fill(null)
    this.#openBytes.fill(0)
    for (const batches of this.#finished) batches.length = 0
    this.#dataBytes = 0
    this.#overheadBytes = 0
  }

  /** Rows that were gathered under a narrower schema are cut off, and cast when they are read. */
  #widen(schema: Schema): Schema {
    const wider = unifySchemas(this.#schema, schema, { operator: this.#options.operator })!
    if (this.#schema !== null) {
      if (sameSchema(wider, this.#schema)) return this.#schema
      for (let p = 0; p < this.#open.length; p++) this.#cut(p)
    }
    this.#batchOverheadBytes = BATCH_OVERHEAD_BYTES + COLUMN_OVERHEAD_BYTES * wider.fields.length
    return (this.#schema = wider)
  }

  #append(pushed: Pushed, firstPartition: number, firstRow: number): Promise<void> | void {
    const { batch, order, ends, rowBytes } = pushed
    const { budgetBytes } = this.#options
    let from = firstRow
    for (let p = firstPartition; p < ends.length; p++) {
      const end = ends[p]!
      while (from < end) {
        const appender = this.#opened(p, batch.schema)
        const room = Math.floor((this.#pieceBytes - this.#openBytes[p]!) / rowBytes)
        if (room < 1 && appender.rows > 0) {
          this.#cut(p)
          continue
        }
        const to = Math.min(end, from + Math.max(1, room), from + BATCH_ROWS - appender.rows)
        appender.append(batch, order, from, to)
        this.#count(p, to - from)
        from = to
        this.#appended(p, appender)
        // Without what the batches take: however many partitions there are, a spill in between is worth it.
        if (this.#dataBytes > budgetBytes) return this.spill().then(() => this.#append(pushed, p, from))
      }
    }
    if (this.sizeBytes > budgetBytes) return this.spill()
  }

  #count(partition: number, rows: number): void {
    this.#rows += rows
    this.#rowsOf[partition]! += rows
  }

  #opened(partition: number, schema: Schema): BatchAppender {
    const open = this.#open[partition]!
    if (open !== null) return open
    this.#overheadBytes += this.#batchOverheadBytes
    const appender = new BatchAppender(schema)
    const last = this.#finished[partition]!.at(-1)
    // Memory for another batch of that size is no more than is held already.
    if (last !== undefined && last.schema === schema && batchBytes(last) <= GATHER_BYTES) {
      appender.reserveLike(last)
    }
    return (this.#open[partition] = appender)
  }

  #appended(partition: number, appender: BatchAppender): void {
    const bytes = appender.sizeBytes
    this.#dataBytes += bytes - this.#openBytes[partition]!
    this.#openBytes[partition] = bytes
    if (appender.rows >= BATCH_ROWS || bytes >= this.#pieceBytes) this.#cut(partition)
  }

  /** What an appender holds becomes a batch. */
  #cut(partition: number): void {
    const appender = this.#open[partition]!
    if (appender === null) return
    this.#dataBytes -= this.#openBytes[partition]!
    this.#overheadBytes -= this.#batchOverheadBytes
    this.#openBytes[partition] = 0
    this.#open[partition] = null
    const batch = appender.build()
    if (batch !== null) this.#keep(partition, batch)
  }

  #keep(partition: number, batch: Batch): void {
    const bytes = batchBytes(batch)
    this.#finished[partition]!.push(batch)
    this.#bytesOf[partition]! += bytes
    this.#dataBytes += bytes
    this.#overheadBytes += overheadOf(batch)
  }

  #release(batch: Batch): void {
    this.#dataBytes -= batchBytes(batch)
    this.#overheadBytes -= overheadOf(batch)
  }
}

interface Pushed {
  readonly batch: Batch
  readonly order: Int32Array
  readonly ends: Int32Array
  /** Counted bytes of a row, on average. */
  readonly rowBytes: number
}

const overheadOf = (batch: Batch): number =>
  BATCH_OVERHEAD_BYTES + COLUMN_OVERHEAD_BYTES * batch.columns.length

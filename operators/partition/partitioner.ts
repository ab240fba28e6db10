/** Partitioner: divides the rows of a task among the partitions of the next stage. */
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../batch/batch.ts'
import { BatchAppender } from '../batch/batch-appender.ts'
import { castBatch } from '../batch/cast.ts'
import type { Schema } from '../batch/column-type.ts'
import { sameSchema, unifySchemas } from '../batch/schema.ts'
import { batchBytes } from '../batch/size.ts'
import { DunlinError } from '../errors.ts'
import type { Partitioning } from '../spec.ts'
import { hashColumns, hashRows, unknownKey } from './hash.ts'

export interface PartitionerOptions {
  readonly partitioning: Partitioning
  /** Partitions of the exchange; with `none` and `gather` only the first is used. */
  readonly partitions: number
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
}

export interface Partitioned {
  /** Unified over all batches; null where none was pushed. */
  readonly schema: Schema | null
  /** The batches of each partition, all of `schema`, their rows in the order in which they were pushed. */
  readonly partitions: Batch[][]
}

/**
 * Takes batches of schemas that may differ, and keeps all rows until `finish`.
 *
 * @throws TYPE_MISMATCH, from `push`, where two schemas cannot be unified; UNKNOWN_COLUMN, from `finish`, for a hash
 * key that no batch had (a batch without the key's column has nulls there: which batch a row is in must not matter).
 */
export class Partitioner {
  readonly #partitioning: Partitioning
  readonly #operator: string
  readonly #finished: Batch[][]
  /** Made when the first row comes; all of `#schema`. */
  readonly #open: (BatchAppender | null)[]
  #schema: Schema | null = null
  #finishedBytes = 0
  #rows = 0
  #hashes = new Uint32Array(0)
  #order = new Int32Array(0)

  constructor(options: PartitionerOptions) {
    this.#partitioning = options.partitioning
    this.#operator = options.operator
    this.#finished = Array.from({ length: options.partitions }, () => [])
    this.#open = new Array<null>(options.partitions).fill(null)
  }

  /** Counted bytes of the rows so far. */
  get sizeBytes(): number {
    let bytes = this.#finishedBytes
    for (const appender of this.#open) if (appender !== null) bytes += appender.sizeBytes
    return bytes
  }

  get rows(): number {
    return this.#rows
  }

  push(batch: Batch): void {
    if (batch.length === 0) return
    this.#widen(batch.schema)
    this.#rows += batch.length
    const { kind } = this.#partitioning
    if (kind !== 'hash' || this.#finished.length === 1) {
      this.#keep(0, batch)
      return
    }
    this.#divide(castBatch(batch, this.#schema!))
  }

  /** Everything at once; the partitioner is not used again. */
  finish(): Partitioned {
    this.#cut()
    const schema = this.#schema
    if (schema === null) return { schema, partitions: this.#finished }
    if (this.#partitioning.kind === 'hash' && this.#partitioning.keys !== 'all') {
      for (const key of this.#partitioning.keys) {
        if (!schema.fields.some(f => f.name === key))
          throw unknownKey(key, schema.fields).at({ operator: this.#operator })
      }
    }
    return {
      schema,
      partitions: this.#finished.map(batches => batches.map(batch => castBatch(batch, schema))),
    }
  }

  /** Rows that were gathered under a narrower schema are cut off, and cast when everything is known. */
  #widen(schema: Schema): void {
    const wider = unifySchemas(this.#schema, schema, { operator: this.#operator })!
    if (this.#schema !== null) {
      if (sameSchema(wider, this.#schema)) return
      this.#cut()
    }
    this.#schema = wider
  }

  #cut(): void {
    for (let p = 0; p < this.#open.length; p++) {
      const batch = this.#open[p]?.build() ?? null
      this.#open[p] = null
      if (batch !== null) this.#keep(p, batch)
    }
  }

  #keep(partition: number, batch: Batch): void {
    this.#finished[partition]!.push(batch)
    this.#finishedBytes += batchBytes(batch)
  }

  #divide(batch: Batch): void {
    const partitions = this.#finished.length
    const starts = this.#sortRows(batch, partitions)
    for (let p = 0; p < partitions; p++) {
      let from = p === 0 ? 0 : starts[p - 1]!
      const end = starts[p]!
      while (from < end) {
        const appender = (this.#open[p] ??= new BatchAppender(batch.schema))
        const to = Math.min(end, from + BATCH_ROWS - appender.rows)
        appender.append(batch, this.#order, from, to)
        from = to
        if (appender.rows >= BATCH_ROWS || appender.sizeBytes >= BATCH_BYTES) this.#keep(p, appender.build()!)
      }
    }
  }

  /** A stable counting sort of the rows by partition, into `#order`; gives the end of each partition's rows. */
  #sortRows(batch: Batch, partitions: number): Int32Array {
    const { length } = batch
    if (this.#hashes.length < length) {
      this.#hashes = new Uint32Array(length)
      this.#order = new Int32Array(length)
    }
    const ids = this.#hashes
    this.#hash(batch, ids)
    const ends = new Int32Array(partitions)
    for (let row = 0; row < length; row++) {
      const id = partitionOf(ids[row]!, partitions)
      ids[row] = id
      ends[id]!++
    }
    let at = 0
    for (let p = 0; p < partitions; p++) {
      const count = ends[p]!
      ends[p] = at
      at += count
    }
    for (let row = 0; row < length; row++) this.#order[ends[ids[row]!]!++] = row
    return ends
  }

  #hash(batch: Batch, out: Uint32Array): void {
    if (this.#partitioning.kind !== 'hash')
      throw new DunlinError('INTERNAL', 'only hash partitioning looks at rows')
    const { keys } = this.#partitioning
    if (keys === 'all') {
      hashRows(batch, keys, out)
      return
    }
    const { fields } = batch.schema
    const columns = keys.map(key => batch.columns[fields.findIndex(f => f.name === key)] ?? null)
    hashColumns(columns, batch.length, out)
  }
}

/**
 * The partition of a hash: its share of the 32-bit range, which needs no division and uses the high bits, the best
 * mixed ones (Lemire, "A fast alternative to the modulo reduction", 2016). Exact: the product is below 2^53.
 */
export function partitionOf(hash: number, partitions: number): number {
  return Math.floor((hash * partitions) / 0x1_0000_0000)
}

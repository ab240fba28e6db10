/** Splitters: of samples, the positions that divide what they stand for into equal parts. */
import { BATCH_BYTES, type Batch, type NumberColumn } from '../batch/batch.ts'
import type { Emit, Operator } from '../operator.ts'
import type { SortKeySpec } from '../spec.ts'
import { HeldRows } from './held-rows.ts'
import { RowGatherer } from './row-gatherer.ts'
import { RowSorter } from './row-sorter.ts'
import { SAMPLE_SCHEMA, SPLITTER_SCHEMA } from './sample-schema.ts'

const ascending = (column: string): SortKeySpec => ({ column, direction: 'asc', nulls: 'last' })
const BY_POSITION = [ascending('key'), ascending('task'), ascending('row')]
const WEIGHT = SAMPLE_SCHEMA.fields.findIndex(field => field.name === 'weight')

/**
 * Memory: twice the samples of all tasks, and their encoded positions, each about as large as the samples. The planner
 * bounds their number and, by `keyBytes`, their keys to 32 MiB in all, or 64 KiB a task where that is more; single keys
 * that are longer than a task's share come on top.
 */
export class Splitters implements Operator {
  readonly #partitions: number
  readonly #held = new HeldRows(BY_POSITION)

  /** @param options.partitions there is one splitter less, or fewer where there are not enough samples */
  constructor(options: { readonly partitions: number }) {
    this.#partitions = options.partitions
  }

  /** @param batch of samples, as `SampleKeys` gives them */
  push(batch: Batch): void {
    this.#held.push(batch)
  }

  finish(emit: Emit): void {
    const sorted = [
      ...this.#held.sorted({ schema: SAMPLE_SCHEMA, maxBytes: BATCH_BYTES, sorter: new RowSorter() }),
    ]
    this.#held.clear()
    const gatherer = new RowGatherer({ schema: SPLITTER_SCHEMA, maxBytes: BATCH_BYTES })
    for (const [batch, row] of this.#splitters(sorted)) {
      for (const full of gatherer.pass(batch, row, row + 1)) emit(full)
    }
    for (const batch of gatherer.rest()) emit(batch)
  }

  /** For each partition but the first, the first sample with its share of all rows before it; each at most once. */
  *#splitters(sorted: readonly Batch[]): Generator<[Batch, number]> {
    // Summed in this order, which is the same whatever order the samples came in.
    let all = 0
    for (const batch of sorted) for (const weight of weightsOf(batch)) all += weight
    let before = 0
    let partition = 1
    for (const batch of sorted) {
      const positions = { ...batch, schema: SPLITTER_SCHEMA, columns: batch.columns.slice(0, WEIGHT) }
      const weights = weightsOf(batch)
      for (let row = 0; row < batch.length; row++) {
        const reached = partition
        while (partition < this.#partitions && before * this.#partitions >= all * partition) partition++
        if (partition > reached) yield [positions, row]
        before += weights[row]!
      }
    }
  }
}

const weightsOf = (batch: Batch): Float64Array =>
  (batch.columns[WEIGHT] as NumberColumn).values.subarray(0, batch.length) as Float64Array

/** Sorting batches with an ExternalSort, as tests do it. */
import type { Batch } from '../../../operators/batch/batch.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import type { RunStore } from '../../../operators/operator.ts'
import { ExternalSort } from '../../../operators/sort/external-sort.ts'
import type { SortKeySpec } from '../../../operators/spec.ts'

export interface SortingOptions {
  readonly keys: readonly SortKeySpec[]
  readonly runs: RunStore
  readonly budgetBytes: number
}

/** The batches that come out; what the operator keeps is gone afterwards, after an error too. */
export async function sortBatches(batches: Iterable<Batch>, options: SortingOptions): Promise<Batch[]> {
  const { keys, runs, budgetBytes } = options
  const sort = new ExternalSort({ keys, operator: 'Sort by test', env: { runs, budgetBytes } })
  const sorted: Batch[] = []
  const emit = (batch: Batch): void => {
    sorted.push(batch)
  }
  try {
    for (const batch of batches) await sort.push(0, batch)
    await sort.end(0, emit)
  } finally {
    await sort.close()
  }
  return sorted
}

/** The records of all batches, which differ in schema where the input's did not agree. */
export const recordsOfAll = (batches: readonly Batch[]): unknown[] => batches.flatMap(recordsOf)

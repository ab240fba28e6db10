/** What a partitioner made of some batches, for tests to look at. */

import type { Batch } from '../../../operators/batch/batch.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { Partitioner, type PartitionerOptions } from '../../../operators/partition/partitioner.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'

export const UNLIMITED = Number.POSITIVE_INFINITY

export function partitionerOf(
  options: Pick<PartitionerOptions, 'partitioning' | 'partitions'> & Partial<PartitionerOptions>,
): Partitioner {
  return new Partitioner({ operator: 'Map test', budgetBytes: UNLIMITED, runs: new MemoryRuns(), ...options })
}

export async function pushAll(partitioner: Partitioner, batches: Iterable<Batch>): Promise<void> {
  for (const batch of batches) await partitioner.push(batch)
}

/** The batches of each partition, after the last push. */
export async function dividedBatches(partitioner: Partitioner, partitions: number): Promise<Batch[][]> {
  const divided = partitioner.finish()
  const all: Batch[][] = []
  for (let p = 0; p < partitions; p++) {
    const batches: Batch[] = []
    for await (const batch of divided.batches(p)) batches.push(batch)
    all.push(batches)
  }
  return all
}

/** The records of each partition, after the last push. */
export async function divided(partitioner: Partitioner, partitions: number): Promise<unknown[][]> {
  const all = await dividedBatches(partitioner, partitions)
  return all.map(batches => batches.flatMap(recordsOf))
}

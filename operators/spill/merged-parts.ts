/** Works on divided rows part by part, and puts the results back in the order of their numbers. */
import { BATCH_BYTES } from '../batch/batch.ts'
import type { AsyncEmit, RunStore } from '../operator.ts'
import { PartitionedRows } from './partitioned-rows.ts'
import { mergedBySequence } from './sequence-merge.ts'

export interface PartsOptions {
  /** The parts that have rows. */
  readonly parts: readonly number[]
  /** Gives the results of one part, numbered, in the order of the numbers; no two parts share a number. */
  readonly work: (part: number, emit: AsyncEmit) => Promise<void>
  /** Counted bytes of results that are held while other parts are worked on. */
  readonly budgetBytes: number
  readonly runs: RunStore
  readonly operator: string
}

/**
 * Results are held, or kept as runs, until the last part is done; where there is only one part they go straight on. They
 * keep their numbers.
 */
export class MergedParts {
  readonly #options: PartsOptions
  #results: PartitionedRows | null = null

  constructor(options: PartsOptions) {
    this.#options = options
  }

  /** Counted bytes of results in memory. */
  get sizeBytes(): number {
    return this.#results?.sizeBytes ?? 0
  }

  /** Gives the results of all parts. Leaves nothing behind, after an error neither. */
  async give(emit: AsyncEmit): Promise<void> {
    const { parts, work, budgetBytes, runs, operator } = this.#options
    if (parts.length < 2) {
      for (const part of parts) await work(part, emit)
      return
    }
    const results = new PartitionedRows({ partitions: parts.length, budgetBytes, runs, operator })
    this.#results = results
    try {
      for (const [i, part] of parts.entries()) await work(part, batch => results.pushTo(i, batch))
      const sources = parts.map((_, i) => results.batches(i))
      // What is merged here may be merged again beside fifteen others.
      const batchBytes = Math.max(1, Math.min(BATCH_BYTES, budgetBytes / 8))
      for await (const batch of mergedBySequence(sources, { batchBytes })) await emit(batch)
    } finally {
      await results.close()
    }
  }
}

/** A run store in memory, for tests of operators: counts what is kept and what was left behind. */

import { batchBytes } from '../../../operators/batch/size.ts'
import type { Batch, Run, RunStore, RunWriter } from '../../../operators/index.ts'

export class MemoryRuns implements RunStore {
  /** Objects that are still there. */
  live = 0
  /** Objects ever closed, and what they held. */
  objects = 0
  runs = 0
  rows = 0
  bytes = 0

  async open(): Promise<RunWriter> {
    const ended: Batch[][] = []
    let current: Batch[] = []
    this.live++
    return {
      write: async batch => {
        current.push(batch)
        this.rows += batch.length
        this.bytes += batchBytes(batch)
      },
      endRun: () => {
        ended.push(current)
        current = []
      },
      close: async () => {
        if (current.length > 0) throw new Error('a run was not ended')
        this.objects++
        this.runs += ended.length
        let left = ended.length
        if (left === 0) this.live--
        return ended.map((batches): Run => {
          let discarded = false
          return {
            rows: batches.reduce((sum, batch) => sum + batch.length, 0),
            sizeBytes: batches.reduce((sum, batch) => sum + batchBytes(batch), 0),
            async *batches() {
              if (discarded) throw new Error('a discarded run was read')
              yield* batches
            },
            discard: async () => {
              if (discarded) return
              discarded = true
              if (--left === 0) this.live--
            },
          }
        })
      },
      abort: async () => {
        this.live--
      },
    }
  }
}

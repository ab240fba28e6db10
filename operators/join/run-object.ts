/** RunObject: one object of runs from its first batch to its end, which leaves nothing behind however it ends. */
import type { Batch } from '../batch/batch.ts'
import type { Run, RunStore, RunWriter } from '../operator.ts'

export class RunObject {
  readonly #store: RunStore
  #writer: RunWriter | null = null
  #runs: readonly Run[] = []
  #ended = 0

  constructor(store: RunStore) {
    this.#store = store
  }

  async write(batch: Batch): Promise<void> {
    this.#writer ??= await this.#opened()
    await this.#writer.write(batch)
  }

  /** Ends a run, which may be empty. */
  endRun(): void {
    this.#ended++
    this.#writer?.endRun()
  }

  /** The runs by the order in which they were ended; null where one is empty. */
  async finish(): Promise<readonly (Run | null)[]> {
    const writer = this.#writer
    if (writer !== null) {
      this.#runs = await writer.close()
      this.#writer = null
    }
    const runs: (Run | null)[] = []
    for (let i = 0; i < this.#ended; i++) {
      const run = this.#runs[i] ?? null
      if (run?.rows === 0) await run.discard()
      runs.push(run !== null && run.rows > 0 ? run : null)
    }
    return runs
  }

  /** Discards everything. Never throws. */
  async close(): Promise<void> {
    await this.#writer?.abort()
    this.#writer = null
    for (const run of this.#runs) await run.discard()
    this.#runs = []
  }

  /** Runs that ended before there was anything to write are empty ones of the object too. */
  async #opened(): Promise<RunWriter> {
    const writer = await this.#store.open()
    for (let i = 0; i < this.#ended; i++) writer.endRun()
    return writer
  }
}

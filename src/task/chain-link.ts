/** ChainLink: one synchronous chain of operators, and the driver that waits for its functions once one returned a promise. */
import {
  type AsyncRowsDriver,
  BATCH_ROWS,
  type Batch,
  batchBytes,
  type Chain,
  type Suspension,
  sliceBatch,
} from '../../operators/index.ts'
import type { LetterBox } from './letter-box.ts'
import type { Link } from './pipeline.ts'

/**
 * Rows pushed at once through user functions: what they give waits in memory until the next link has taken it, so a
 * function that makes a million rows of one must not get 65,536 rows at a time. It starts low, doubles while little
 * comes out and falls when much does. Where batches end never changes a result.
 */
const FIRST_ROWS_AT_ONCE = 64
const LITTLE_BYTES = 4 << 20
const MUCH_BYTES = 32 << 20

export class ChainLink implements Link {
  readonly #chain: Chain
  readonly #next: Link
  readonly #concurrency: number
  readonly #bad: Pick<LetterBox, 'waitingBytes' | 'flush'> | undefined
  #driver: AsyncRowsDriver | null = null
  #rowsAtOnce = FIRST_ROWS_AT_ONCE
  #emitted: Batch[] = []
  readonly #emit = (batch: Batch): void => {
    if (batch.length > 0) this.#emitted.push(batch)
  }

  constructor(
    chain: Chain,
    next: Link,
    options: {
      readonly concurrency: number
      readonly waits: boolean
      /** Where the chain's bad records go; absent: they fail it. */
      readonly bad?: Pick<LetterBox, 'waitingBytes' | 'flush'>
    },
  ) {
    this.#bad = options.bad
    this.#chain = chain
    this.#next = next
    this.#concurrency = options.concurrency
    if (options.waits) this.#driver = this.#newDriver()
  }

  get done(): boolean {
    return this.#chain.done || this.#next.done
  }

  async push(batch: Batch): Promise<void> {
    if (batch.length === 0) return
    if (this.#chain.pushRows === undefined) {
      this.#chain.push(batch, this.#emit)
      return this.#passOn()
    }
    for (let from = 0; from < batch.length; ) {
      const to = Math.min(batch.length, from + this.#rowsAtOnce)
      await this.#pushRows(from === 0 && to === batch.length ? batch : sliceBatch(batch, from, to))
      from = to
      const lettersBytes = this.#bad?.waitingBytes ?? 0
      const bytes = this.#emitted.reduce((sum, one) => sum + batchBytes(one), lettersBytes)
      if (bytes > MUCH_BYTES) this.#rowsAtOnce = Math.max(1, this.#rowsAtOnce >> 2)
      else if (bytes < LITTLE_BYTES) this.#rowsAtOnce = Math.min(BATCH_ROWS, this.#rowsAtOnce * 2)
      await this.#passOn()
    }
  }

  async #pushRows(batch: Batch): Promise<void> {
    if (this.#driver !== null) {
      await this.#driver.push(batch, this.#emit)
    } else {
      await this.#takeOver(this.#chain.pushRows!(batch, this.#emit))
    }
  }

  /** From the first promise on, the driver does what the synchronous loop did. */
  async #takeOver(suspension: Suspension | null): Promise<void> {
    if (suspension === null) return
    this.#driver = this.#newDriver()
    await this.#driver.resume(suspension, this.#emit)
  }

  async end(): Promise<void> {
    if (this.#driver === null && this.#chain.flushRows !== undefined) {
      await this.#takeOver(this.#chain.flushRows(this.#emit))
    }
    if (this.#driver !== null) await this.#driver.flush(this.#emit)
    this.#chain.finish(this.#emit)
    await this.#passOn()
    await this.#next.end()
  }

  #newDriver(): AsyncRowsDriver {
    return this.#chain.driver!({ concurrency: this.#concurrency })
  }

  async #passOn(): Promise<void> {
    await this.#bad?.flush()
    const emitted = this.#emitted
    if (emitted.length === 0) return
    this.#emitted = []
    for (const batch of emitted) await this.#next.push(batch)
  }
}

/** DeadLetters: the bad records that one attempt skips, of all places in its task. */
import type { CountedFailure } from '../../operators/index.ts'
import type { SkipPolicy } from '../../planner/index.ts'
import { withFirstFailures } from '../events/first-failures.ts'
import { deadLettersUri } from '../sink/dead-letters-uri.ts'
import { attemptKey } from '../sink/output-keys.ts'
import type { Stores } from '../store/object-store.ts'
import { LetterBox } from './letter-box.ts'
import type { CommittedPart, SkippedRecords, StageTaskEvent } from './task-event.ts'

/**
 * Each place that skips has a file of its own: within one the order is that of the records, but how two of them take
 * turns depends on how bytes and promises arrive. The files are named by the attempt's nonce, so that only those that
 * its commit names will ever be seen.
 */
export class DeadLetters {
  readonly #policy: SkipPolicy
  readonly #event: StageTaskEvent
  readonly #ports: { readonly stores: Stores; readonly signal: AbortSignal }
  readonly #quiet: boolean
  readonly #boxes: LetterBox[] = []

  /** @param options `quiet`: what is skipped is read again by another stage, and told of there. */
  constructor(
    policy: SkipPolicy,
    event: StageTaskEvent,
    ports: { readonly stores: Stores; readonly signal: AbortSignal },
    options: { readonly quiet: boolean },
  ) {
    this.#policy = policy
    this.#event = event
    this.#ports = ports
    this.#quiet = options.quiet
  }

  /** For the next place, in an order that depends on the plan alone. */
  box(): LetterBox {
    const { stores, signal } = this.#ports
    const { stage, task, nonce } = this.#event
    const place = `${nonce}-${this.#boxes.length}`
    const box = new LetterBox({
      stage,
      task,
      store: stores.open(deadLettersUri(this.#policy, this.#event)),
      key: attemptKey({ ...this.#event, nonce: place, format: 'jsonl' }),
      signal,
      quiet: this.#quiet,
    })
    this.#boxes.push(box)
    return box
  }

  /** @param rowsIn records that the task has read, without those that could not be. */
  async finish(rowsIn: number): Promise<SkippedRecords | undefined> {
    if (this.#quiet) return undefined
    let read = rowsIn
    let records = 0
    let failures: readonly CountedFailure[] = []
    const parts: CommittedPart[] = []
    for (const box of this.#boxes) {
      const part = await box.finish()
      if (part === null) continue
      parts.push(part)
      read += box.unread
      records += box.records
      failures = withFirstFailures(failures, box.failures)
    }
    return { read, records, failures, parts }
  }

  /** Leaves nothing behind. Never throws. */
  async abort(): Promise<void> {
    for (const box of this.#boxes) await box.abort()
  }
}

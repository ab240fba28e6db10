/** StoreRuns: what operators of an attempt cannot hold in memory, as objects under keys that carry its nonce. */
import { type Batch, MessageWriter, type Run, type RunStore, type RunWriter } from '../../operators/index.ts'
import { JoinedWriter } from '../shuffle/joined-writer.ts'
import { runsKey } from '../shuffle/keys.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { messageOf, type RunMessage, type RunReads, readRun } from './read-run.ts'
import type { StageTaskEvent } from './task-event.ts'

export interface StoreRunsOptions {
  readonly store: ObjectStore
  /** The attempt whose runs they are. */
  readonly event: Pick<StageTaskEvent, 'job' | 'stage' | 'task' | 'attempt' | 'nonce'>
  /** Bytes that all readers of runs together hold before they are asked for them, but for one request each. */
  readonly readAheadBytes: number
  readonly signal?: AbortSignal
  /** Throws where the task must stop: asked at every batch, since a merge may take longer than all reading before it. */
  readonly guard?: () => void
}

/** Batches whose pieces are not copied anyway are written at once: what was written may change afterwards. */
const WRITE_THROUGH_BYTES = 64 << 10

/**
 * Every batch is one Arrow record-batch message; where it stands, its CRC32 and its schema stay in memory.
 *
 * @throws what the store does: a full disk is NO_SPACE. Bytes that are not those written are CORRUPT, and another
 * attempt may succeed.
 */
export class StoreRuns implements RunStore {
  readonly #options: StoreRunsOptions
  readonly #reads: RunReads
  readonly #open = new Set<StoreRunWriter>()
  readonly #keys = new Set<string>()
  #opened = 0
  /** Bytes written as runs so far. */
  spilledBytes = 0
  /** Objects written so far. */
  puts = 0

  constructor(options: StoreRunsOptions) {
    this.#options = options
    this.#reads = { ...options, held: { bytes: 0 }, gets: 0 }
  }

  /** Ranged reads so far. */
  get gets(): number {
    return this.#reads.gets
  }

  async open(): Promise<RunWriter> {
    const { store, event, signal } = this.#options
    const key = runsKey(event.job, event.stage, event, this.#opened++)
    const object = new JoinedWriter(await store.writer(key, signal === undefined ? {} : { signal }))
    const writer = new StoreRunWriter(object, {
      guard: this.#options.guard ?? (() => {}),
      ended: () => this.#open.delete(writer),
      closed: runs => this.#runsOf(key, object.sizeBytes, runs),
    })
    this.#open.add(writer)
    return writer
  }

  /** Deletes whatever was not discarded. Never throws. */
  async close(): Promise<void> {
    for (const writer of this.#open) await writer.abort()
    await this.#delete([...this.#keys])
  }

  async #runsOf(key: string, bytes: number, runs: readonly RunMessage[][]): Promise<readonly Run[]> {
    this.puts++
    this.spilledBytes += bytes
    this.#keys.add(key)
    let left = runs.length
    if (left === 0) await this.#delete([key])
    const discarded = async (): Promise<void> => {
      if (--left === 0) await this.#delete([key])
    }
    return runs.map(messages => new StoreRun(messages, () => readRun(this.#reads, key, messages), discarded))
  }

  async #delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#keys.delete(key)
    if (keys.length > 0) await this.#options.store.delete(keys).catch(() => undefined)
  }
}

/** What a writer tells the store of runs. */
interface WriterEnd {
  guard(): void
  /** It is closed or aborted. */
  ended(): void
  closed(runs: readonly RunMessage[][]): Promise<readonly Run[]>
}

class StoreRunWriter implements RunWriter {
  readonly #object: JoinedWriter
  readonly #store: WriterEnd
  readonly #encoder = new MessageWriter()
  readonly #runs: RunMessage[][] = []
  #current: RunMessage[] = []
  #ended = false

  constructor(object: JoinedWriter, store: WriterEnd) {
    this.#object = object
    this.#store = store
  }

  async write(batch: Batch): Promise<void> {
    this.#store.guard()
    const offset = this.#object.sizeBytes
    const pieces = this.#encoder.write(batch)
    const message = messageOf(batch, offset, pieces)
    await this.#object.write(pieces)
    if (message.byteLength >= WRITE_THROUGH_BYTES) await this.#object.flush()
    this.#current.push(message)
  }

  endRun(): void {
    this.#runs.push(this.#current)
    this.#current = []
  }

  async close(): Promise<readonly Run[]> {
    await this.#object.close()
    this.#end()
    return this.#store.closed(this.#runs)
  }

  async abort(): Promise<void> {
    if (this.#ended) return
    this.#end()
    await this.#object.abort()
  }

  #end(): void {
    this.#ended = true
    this.#store.ended()
  }
}

class StoreRun implements Run {
  readonly rows: number
  readonly sizeBytes: number
  readonly batches: () => AsyncIterable<Batch>
  readonly #discarded: () => Promise<void>
  #there = true

  constructor(
    messages: readonly RunMessage[],
    batches: () => AsyncIterable<Batch>,
    discarded: () => Promise<void>,
  ) {
    this.rows = messages.reduce((sum, { rows }) => sum + rows, 0)
    this.sizeBytes = messages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    this.batches = batches
    this.#discarded = discarded
  }

  async discard(): Promise<void> {
    if (!this.#there) return
    this.#there = false
    await this.#discarded()
  }
}

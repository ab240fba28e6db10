/** stageValues: writes the values of `from(iterable)` to the store, where tasks can read them. */
import { createHash } from 'node:crypto'
import {
  type Batch,
  BatchBuilder,
  batchBytes,
  DunlinError,
  encodeArrowFile,
  type Schema,
} from '../../operators/index.ts'
import type { ListedObject, Listing } from '../../planner/index.ts'
import type { ObjectStore, RequestOptions } from '../store/object-store.ts'

/** Small enough that a few thousand values are several splits. */
const STAGED_BATCH_ROWS = 8192
/** A file is read whole by each task that needs some of its batches. */
const STAGED_FILE_BYTES = 8 << 20
/** Values between two looks at the abort signal. */
const VALUES_A_LOOK = 1024

export interface StageValuesOptions extends RequestOptions {
  readonly store: ObjectStore
  /** What the keys begin with, e.g. `jobs/<job>/input-0/`; equal values under an equal prefix have equal keys. */
  readonly keyPrefix: string
  readonly schema?: Schema
}

/**
 * Writes Arrow files of at most some 8 MB, each of one schema: types may widen from one file to the next, as between
 * tasks. The version of an object is the SHA-256 of its bytes. No values, no objects.
 *
 * Memory: one file. An iterable is taken from once, and not further than a value that is an error.
 *
 * @throws TYPE_MISMATCH and TOO_LARGE of `BatchBuilder`; what the iterable and the store throw.
 *
 * @example
 * await stageValues([1, 2, 3], { store, keyPrefix: 'jobs/j1/input-0/' })
 */
export async function stageValues(
  values: Iterable<unknown> | AsyncIterable<unknown>,
  options: StageValuesOptions,
): Promise<Listing> {
  const staging = new Staging(options)
  if (isAsync(values)) {
    for await (const value of values) if (staging.add(value)) await staging.writeFile()
  } else {
    // Not awaited one by one: an array of a million values is no million turns of the event loop.
    for (const value of values) if (staging.add(value)) await staging.writeFile()
  }
  return staging.finish()
}

function isAsync(values: Iterable<unknown> | AsyncIterable<unknown>): values is AsyncIterable<unknown> {
  return (values as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] !== undefined
}

class Staging {
  readonly #options: StageValuesOptions
  readonly #builder: BatchBuilder
  readonly #objects: ListedObject[] = []
  #batches: Batch[] = []
  #bytes = 0
  #values = 0

  constructor(options: StageValuesOptions) {
    const { schema } = options
    this.#options = options
    this.#builder = new BatchBuilder({ operator: 'from', ...(schema === undefined ? {} : { schema }) })
  }

  /** Returns true when a file is full. */
  add(value: unknown): boolean {
    if (this.#values++ % VALUES_A_LOOK === 0) this.#look()
    this.#builder.add(value)
    if (this.#builder.rows < STAGED_BATCH_ROWS && !this.#builder.isFull()) return false
    this.#endBatch()
    return this.#bytes >= STAGED_FILE_BYTES
  }

  async finish(): Promise<Listing> {
    this.#endBatch()
    if (this.#batches.length > 0) await this.writeFile()
    return { objects: this.#objects }
  }

  async writeFile(): Promise<void> {
    const { store, keyPrefix, signal } = this.#options
    const batches = this.#batches
    this.#batches = []
    this.#bytes = 0
    const { pieces, sizeBytes } = encodeArrowFile(this.#builder.schema!, [batches])
    const hash = createHash('sha256')
    for (const piece of pieces) hash.update(piece)
    const version = hash.digest('hex')
    const number = String(this.#objects.length).padStart(5, '0')
    const key = `${keyPrefix}${number}-${version.slice(0, 16)}.arrow`
    await store.put(key, pieces, signal === undefined ? {} : { signal })
    this.#objects.push({ root: store.uri, key, sizeBytes, version, batches: batches.length })
  }

  #endBatch(): void {
    const batch = this.#builder.build()
    if (batch === null) return
    this.#batches.push(batch)
    this.#bytes += batchBytes(batch)
  }

  #look(): void {
    const { signal } = this.#options
    if (!signal?.aborted) return
    throw new DunlinError('CANCELLED', 'cancelled while the values of from() were written', {
      cause: signal.reason,
    })
  }
}

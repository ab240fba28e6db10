/** S3Store: an object store over a prefix of a bucket of S3, or of any server that speaks it. */
import {
  type Body,
  type ByteRange,
  bytesOf,
  type Clock,
  checkKey,
  checkPrefix,
  checkRange,
  DunlinError,
  type ObjectInfo,
  type ObjectStore,
  type ObjectWriter,
  type PutResult,
  piecesOf,
  type Randomness,
  type RequestOptions,
  type S3Settings,
  type StreamOptions,
  systemClock,
  systemRandom,
  throwIfAborted,
} from '../../../src/worker.ts'
import { deleteObjects } from './delete-objects.ts'
import { Hedge } from './hedge.ts'
import { listObjects } from './list-objects.ts'
import { moveObject } from './move-object.ts'
import { LONGEST_PUT_BYTES, UPLOADS } from './part-size.ts'
import { putObject } from './put-object.ts'
import { getObject, headObject, streamObject } from './read-object.ts'
import type { S3Requests } from './s3-requests.ts'
import { parseS3Uri } from './s3-uri.ts'
import { S3Writer } from './s3-writer.ts'
import { sweepUploads } from './sweep-uploads.ts'

export interface S3StoreOptions {
  /** `s3://bucket/prefix/`. */
  readonly uri: string
  /** An `S3` of @aws-sdk/client-s3 that does not send requests again by itself (`maxAttempts: 1`). */
  readonly s3: S3Requests['s3']
  readonly settings?: S3Settings
  readonly clock?: Clock
  readonly random?: Randomness
  /** Shared by the stores of one client. Default: one of its own. */
  readonly hedge?: Hedge
}

/** What S3 takes. */
const MAX_KEY_BYTES = 1024

/**
 * Each request is sent again while it fails for the moment (`patiently`), a stream goes on where its connection broke, and
 * a write with `ifAbsent` knows its own object again when an answer was lost. Bytes are checked by CRC32 on their way up,
 * and down where whole objects are read. A read whose first byte is slow is raced by a second one.
 *
 * @throws INVALID_ARGUMENT for a URI without a bucket
 *
 * @example
 * const store = new S3Store({ uri: 's3://bucket/jobs/', s3: new S3({ maxAttempts: 1 }) })
 * await store.put('a/b.json', new TextEncoder().encode('{}'), { ifAbsent: true })
 */
export class S3Store implements ObjectStore {
  readonly uri: string
  readonly isPatient = true
  readonly uploads = UPLOADS
  readonly #requests: S3Requests

  constructor(options: S3StoreOptions) {
    const { s3, settings = {}, clock = systemClock, random = systemRandom } = options
    const root = parseS3Uri(options.uri)
    this.uri = root.uri
    this.#requests = { s3, root, settings, clock, random, hedge: options.hedge ?? new Hedge(clock) }
  }

  async get(key: string, range?: ByteRange, options?: RequestOptions): Promise<Uint8Array> {
    const uri = this.#check(key, options?.signal)
    if (range !== undefined) checkRange(range, uri)
    return getObject(this.#requests, key, range, options?.signal)
  }

  async *stream(
    key: string,
    range: { readonly offset: number; readonly length?: number } = { offset: 0 },
    options: StreamOptions = {},
  ): AsyncGenerator<Uint8Array> {
    checkRange(range, this.#check(key, options.signal))
    yield* streamObject(this.#requests, key, range, options)
  }

  async put(
    key: string,
    body: Body,
    options?: RequestOptions & { readonly ifAbsent?: boolean },
  ): Promise<PutResult> {
    this.#check(key, options?.signal)
    const { ifAbsent = false, signal } = options ?? {}
    const pieces = piecesOf(body)
    if (bytesOf(pieces) <= LONGEST_PUT_BYTES) {
      const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
      return putObject(this.#requests, key, bytes, { ifAbsent, signal })
    }
    const writer = new S3Writer(this.#requests, key, signal)
    try {
      await writer.write(pieces)
      return await writer.close({ ifAbsent })
    } catch (error) {
      await writer.abort()
      throw error
    }
  }

  async writer(key: string, options?: RequestOptions): Promise<ObjectWriter> {
    this.#check(key, options?.signal)
    return new S3Writer(this.#requests, key, options?.signal)
  }

  async head(key: string, options?: RequestOptions): Promise<ObjectInfo | undefined> {
    this.#check(key, options?.signal)
    return headObject(this.#requests, key, options?.signal)
  }

  async *list(prefix: string, options?: RequestOptions): AsyncGenerator<ObjectInfo> {
    checkPrefix(prefix, this.uri)
    throwIfAborted(options?.signal, this.uri)
    yield* listObjects(this.#requests, prefix, options?.signal)
  }

  async delete(keys: readonly string[], options?: RequestOptions): Promise<void> {
    for (const key of keys) this.#check(key, options?.signal)
    await deleteObjects(this.#requests, keys, options?.signal)
  }

  /** Aborts multipart uploads that were begun a day ago or earlier: whether their writers live, S3 does not know. */
  async sweep(prefix: string, options?: RequestOptions): Promise<void> {
    checkPrefix(prefix, this.uri)
    // Right below the root uploads may be anybody's, and ours are few: the bucket's lifecycle aborts them.
    if (prefix !== '') await sweepUploads(this.#requests, prefix, options?.signal)
  }

  async move(from: string, to: string, options?: RequestOptions): Promise<void> {
    this.#check(from, options?.signal)
    this.#check(to, options?.signal)
    await moveObject(this.#requests, from, to, options?.signal)
  }

  /** The key's URI, for messages. */
  #check(key: string, signal: AbortSignal | undefined): string {
    checkKey(key, this.uri)
    const uri = this.uri + key
    if (Buffer.byteLength(this.#requests.root.prefix + key) > MAX_KEY_BYTES) {
      throw new DunlinError(
        'INVALID_ARGUMENT',
        `${uri} is longer than the ${MAX_KEY_BYTES} bytes of an S3 key`,
      )
    }
    throwIfAborted(signal, uri)
    return uri
  }
}

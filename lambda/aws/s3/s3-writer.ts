/** S3Writer: an object written piece by piece: one request where it is short, a multipart upload where it is not. */
import {
  type Body,
  DunlinError,
  type ObjectWriter,
  type PutResult,
  piecesOf,
  throwIfAborted,
} from '../../../src/worker.ts'
import { MultipartUpload } from './multipart-upload.ts'
import { partBytes } from './part-size.ts'
import { putObject } from './put-object.ts'
import type { S3Requests } from './s3-requests.ts'

const FIRST_BUFFER_BYTES = 64 << 10

/**
 * Memory: the part that is being filled and two on their way, 24 MiB up to an object of 8 GB; a short object takes
 * twice its length.
 */
export class S3Writer implements ObjectWriter {
  readonly #requests: S3Requests
  readonly #key: string
  readonly #uri: string
  readonly #signal: AbortSignal | undefined
  #buffer = new Uint8Array(0)
  #filled = 0
  #number = 1
  #upload: MultipartUpload | null = null
  #state: 'open' | 'closed' | 'aborted' = 'open'
  /** Writes that nobody waits for are done one after another all the same. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(requests: S3Requests, key: string, signal: AbortSignal | undefined) {
    this.#requests = requests
    this.#key = key
    this.#uri = requests.root.uri + key
    this.#signal = signal
  }

  write(bytes: Body): Promise<void> {
    return this.#inTurn(async () => {
      this.#checkOpen()
      for (const piece of piecesOf(bytes)) await this.#take(piece)
    })
  }

  close({ ifAbsent = false }: { readonly ifAbsent?: boolean } = {}): Promise<PutResult> {
    return this.#inTurn(async () => {
      this.#checkOpen()
      const rest = this.#buffer.subarray(0, this.#filled)
      const result = await this.#finish(rest, ifAbsent)
      this.#state = 'closed'
      this.#buffer = new Uint8Array(0)
      return result
    })
  }

  async abort(): Promise<void> {
    // Told at once, so that writes that still wait in line do nothing.
    if (this.#state === 'open') this.#state = 'aborted'
    await this.#inTurn(async () => {
      if (this.#state !== 'aborted') return
      this.#buffer = new Uint8Array(0)
      const upload = this.#upload
      this.#upload = null
      await upload?.abort()
    })
  }

  async #finish(rest: Uint8Array, ifAbsent: boolean): Promise<PutResult> {
    if (this.#upload === null) {
      return putObject(this.#requests, this.#key, rest, { ifAbsent, signal: this.#signal })
    }
    if (rest.byteLength > 0) await this.#upload.add(rest)
    return this.#upload.complete({ ifAbsent })
  }

  async #take(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.byteLength; ) {
      // Each part takes its time: meanwhile the caller may have given up.
      this.#checkOpen()
      const longest = partBytes(this.#number)
      const take = Math.min(longest - this.#filled, piece.byteLength - at)
      this.#reserve(this.#filled + take, longest)
      this.#buffer.set(piece.subarray(at, at + take), this.#filled)
      this.#filled += take
      at += take
      if (this.#filled === longest) await this.#sendPart()
    }
  }

  async #sendPart(): Promise<void> {
    this.#upload ??= await MultipartUpload.begin(this.#requests, this.#key, this.#signal)
    const part = this.#buffer
    this.#buffer = new Uint8Array(0)
    this.#filled = 0
    this.#number++
    await this.#upload.add(part)
  }

  /** Room for so many bytes, without what is never used by short objects. */
  #reserve(bytes: number, longest: number): void {
    if (bytes <= this.#buffer.byteLength) return
    const larger = Math.max(bytes, 2 * this.#buffer.byteLength, FIRST_BUFFER_BYTES)
    const buffer = new Uint8Array(Math.min(longest, larger))
    buffer.set(this.#buffer.subarray(0, this.#filled))
    this.#buffer = buffer
  }

  #checkOpen(): void {
    throwIfAborted(this.#signal, this.#uri)
    if (this.#state !== 'open') throw new DunlinError('STORE', `the writer of ${this.#uri} is ${this.#state}`)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }
}

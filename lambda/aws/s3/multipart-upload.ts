/** MultipartUpload: one object sent in parts, a few at a time. */
import { DunlinError, type PutResult } from '../../../src/worker.ts'
import { ownMetadata, settle } from './own-write.ts'
import { MOST_PARTS } from './part-size.ts'
import { isPreconditionFailed, nameOf } from './s3-error.ts'
import { type Asked, ask, encryptionOf, objectOf, type S3Requests, versionOf } from './s3-requests.ts'

/** Parts on their way at once: they are what a writer holds in memory, beside the one that it fills. */
const PARTS_AT_ONCE = 2

interface SentPart {
  readonly PartNumber: number
  readonly ETag: string | undefined
  readonly ChecksumCRC32?: string
}

export class MultipartUpload {
  readonly #requests: S3Requests
  readonly #key: string
  readonly #id: string
  readonly #metadata: Readonly<Record<string, string>>
  readonly #signal: AbortSignal | undefined
  readonly #sending = new Set<Promise<void>>()
  readonly #sent: SentPart[] = []
  #parts = 0
  #failure: { readonly error: unknown } | null = null

  private constructor(
    requests: S3Requests,
    upload: {
      readonly key: string
      readonly id: string
      readonly metadata: Readonly<Record<string, string>>
    },
    signal: AbortSignal | undefined,
  ) {
    this.#requests = requests
    this.#key = upload.key
    this.#id = upload.id
    this.#metadata = upload.metadata
    this.#signal = signal
  }

  /** A create whose answer is lost leaves an upload without parts, which `sweep` or the bucket's lifecycle removes. */
  static async begin(
    requests: S3Requests,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<MultipartUpload> {
    const metadata = ownMetadata(requests.random)
    const uri = requests.root.uri + key
    const created = await ask(requests, { action: 's3:PutObject', uri, signal }, http =>
      requests.s3.createMultipartUpload(
        {
          ...objectOf(requests, key),
          ...encryptionOf(requests),
          Metadata: { ...metadata },
          ChecksumAlgorithm: 'CRC32',
        },
        http,
      ),
    )
    if (created.UploadId === undefined) throw new DunlinError('STORE', `${uri}: S3 gave no upload id`)
    return new MultipartUpload(requests, { key, id: created.UploadId, metadata }, signal)
  }

  /** Resolves when the part is on its way; the bytes must not change any more. Throws what an earlier part met. */
  async add(bytes: Uint8Array): Promise<void> {
    await this.#room(PARTS_AT_ONCE - 1)
    this.#send(async (number, http) => {
      const { s3 } = this.#requests
      const part = { ...this.#upload(), PartNumber: number, Body: bytes }
      const { ETag, ChecksumCRC32 } = await s3.uploadPart(part, http)
      return { ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) }
    })
  }

  /** The next part is a range of another object, which S3 copies by itself. `etag`: of no other version. */
  async addCopy(source: {
    readonly path: string
    readonly etag: string
    readonly first: number
    readonly last: number
  }): Promise<void> {
    await this.#room(PARTS_AT_ONCE - 1)
    this.#send(async (number, http) => {
      const { CopyPartResult } = await this.#requests.s3.uploadPartCopy(
        {
          ...this.#upload(),
          PartNumber: number,
          CopySource: source.path,
          CopySourceIfMatch: source.etag,
          CopySourceRange: `bytes=${source.first}-${source.last}`,
        },
        http,
      )
      const { ETag, ChecksumCRC32 } = CopyPartResult ?? {}
      return { ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) }
    })
  }

  /** Makes the object visible, with `ifAbsent` unless there is one: then nothing of this is left. */
  async complete({ ifAbsent }: { readonly ifAbsent: boolean }): Promise<PutResult> {
    await this.#room(0)
    const parts = this.#sent.sort((a, b) => a.PartNumber - b.PartNumber)
    const input = {
      ...this.#upload(),
      MultipartUpload: { Parts: parts.map(part => ({ ...part })) },
      ...(ifAbsent && { IfNoneMatch: '*' }),
    }
    let sent = 0
    const result = await ask<PutResult>(this.#requests, this.#asked(), async http => {
      sent++
      try {
        const { ETag } = await this.#requests.s3.completeMultipartUpload(input, http)
        return { created: true, version: versionOf(ETag) }
      } catch (error) {
        const isLost = isPreconditionFailed(error)
        if (sent === 1 && isLost && ifAbsent) return { created: false }
        // It may have been completed by a request whose answer was lost.
        if (sent === 1 || !(isLost || nameOf(error) === 'NoSuchUpload')) throw error
        const settled = await settle(this.#requests, this.#key, this.#metadata, http)
        if (settled.created || isLost) return settled
        throw error
      }
    })
    if (!result.created) await this.abort()
    return result
  }

  /** Waits for the parts on their way, since one that comes later would stay. Never throws. */
  async abort(): Promise<void> {
    this.#failure ??= { error: new DunlinError('STORE', `the upload of ${this.#asked().uri} was given up`) }
    await Promise.all(this.#sending)
    const { action } = { action: 's3:AbortMultipartUpload' } as const
    const asked = { ...this.#asked(), action, signal: undefined }
    await ask(this.#requests, asked, http =>
      this.#requests.s3.abortMultipartUpload(this.#upload(), http),
    ).catch(() => {})
  }

  #send(
    request: (
      number: number,
      http: { readonly abortSignal?: AbortSignal },
    ) => Promise<{ readonly ETag: string | undefined; readonly ChecksumCRC32?: string }>,
  ): void {
    const number = ++this.#parts
    const asked = this.#asked()
    if (number > MOST_PARTS)
      throw new DunlinError('TOO_LARGE', `${asked.uri} is longer than an object of S3 can be`)
    const sending: Promise<void> = ask(this.#requests, asked, async http => {
      // Not again for nobody.
      if (this.#failure !== null) throw this.#failure.error
      return request(number, http)
    })
      .then(
        part => void this.#sent.push({ PartNumber: number, ...part }),
        (error: unknown) => {
          this.#failure ??= { error }
        },
      )
      .finally(() => this.#sending.delete(sending))
    this.#sending.add(sending)
  }

  /** Resolves when no more than `parts` are on their way; throws what has failed. */
  async #room(parts: number): Promise<void> {
    while (this.#sending.size > parts && this.#failure === null) await Promise.race(this.#sending)
    if (this.#failure !== null) throw this.#failure.error
  }

  #asked(): Asked {
    return { action: 's3:PutObject', uri: this.#requests.root.uri + this.#key, signal: this.#signal }
  }

  #upload() {
    return { ...objectOf(this.#requests, this.#key), UploadId: this.#id }
  }
}

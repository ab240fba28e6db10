/** Reading an object: whole, by range, or as a stream that goes on where a connection breaks. */
import { Readable } from 'node:stream'
import {
  type ByteRange,
  DunlinError,
  type ObjectInfo,
  type StreamOptions,
  shorterThanAsked,
  Tries,
  throwIfAborted,
} from '../../../src/worker.ts'
import { isInvalidRange, isMissing, isPreconditionFailed, s3Error } from './s3-error.ts'
import { type Asked, ask, objectOf, type S3Requests, versionOf } from './s3-requests.ts'

/** Pieces of a stream, unless the caller wants others. */
const PIECE_BYTES = 1 << 20
const SHORTEST_PIECE_BYTES = 64 << 10
const LARGEST_PIECE_BYTES = 8 << 20

interface OpenRange {
  readonly offset: number
  readonly length?: number
  /** The version that has been read so far: no other may be read on. */
  readonly etag?: string
}

interface OpenBody {
  readonly body: Readable
  /** How many bytes it should have. */
  readonly length: number
  /** Of the whole object. */
  readonly sizeBytes: number
  readonly etag: string | undefined
}

export function headObject(
  requests: S3Requests,
  key: string,
  signal?: AbortSignal,
): Promise<ObjectInfo | undefined> {
  return ask(requests, reading(requests, key, signal), async http => {
    try {
      const { ContentLength, ETag } = await requests.s3.headObject(objectOf(requests, key), http)
      return { key, sizeBytes: ContentLength ?? 0, version: versionOf(ETag) }
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })
}

export async function getObject(
  requests: S3Requests,
  key: string,
  range: ByteRange | undefined,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (range?.length === 0) {
    await checkEnd(requests, key, range, signal)
    return new Uint8Array(0)
  }
  const asked = reading(requests, key, signal)
  return ask(requests, asked, async () => {
    const open = await openBody(requests, key, range, signal)
    if (range !== undefined && open.length < range.length) {
      open.body.destroy()
      throw shorterThanAsked(asked.uri, range, open.sizeBytes)
    }
    const bytes = new Uint8Array(open.length)
    let at = 0
    for await (const piece of open.body as AsyncIterable<Uint8Array>) {
      if (at + piece.byteLength > bytes.byteLength) throw notWhole(asked.uri, at + piece.byteLength, open)
      bytes.set(piece, at)
      at += piece.byteLength
    }
    if (at < bytes.byteLength) throw notWhole(asked.uri, at, open)
    return bytes
  })
}

/** @throws CORRUPT, besides what `getObject` throws, where the object is replaced while it is read */
export async function* streamObject(
  requests: S3Requests,
  key: string,
  range: { readonly offset: number; readonly length?: number },
  options: StreamOptions,
): AsyncGenerator<Uint8Array> {
  const { signal } = options
  const asked = reading(requests, key, signal)
  if (range.length === 0)
    return void (await checkEnd(requests, key, { offset: range.offset, length: 0 }, signal))
  const tries = new Tries({ ...requests, ...asked })
  let { offset: at, length: left } = range
  let etag: string | undefined
  for (;;) {
    try {
      throwIfAborted(signal, asked.uri)
      const rest: OpenRange = {
        offset: at,
        ...(left !== undefined && { length: left }),
        ...(etag && { etag }),
      }
      const open = await openBody(requests, key, rest, signal)
      try {
        if (left !== undefined && open.length < left) throw shorterThanAsked(asked.uri, range, open.sizeBytes)
        left = open.length
        etag = open.etag
        for await (const piece of gathered(open.body, options)) {
          throwIfAborted(signal, asked.uri)
          at += piece.byteLength
          left -= piece.byteLength
          if (left < 0) throw notWhole(asked.uri, open.length - left, open)
          tries.renew()
          yield piece
        }
        if (left > 0) throw notWhole(asked.uri, open.length - left, open)
        return
      } finally {
        open.body.destroy()
      }
    } catch (error) {
      const failure = s3Error(error, asked)
      // What has been given cannot be taken back.
      if (failure.code === 'CORRUPT') throw failure
      await tries.after(failure)
      if (left === 0) return
    }
  }
}

function reading({ root }: S3Requests, key: string, signal: AbortSignal | undefined): Asked {
  return { action: 's3:GetObject', uri: root.uri + key, signal }
}

/** Begins to read. The SDK checks whole objects against their checksum, ranges have none. */
async function openBody(
  requests: S3Requests,
  key: string,
  range: OpenRange | undefined,
  signal: AbortSignal | undefined,
): Promise<OpenBody> {
  const uri = requests.root.uri + key
  const header = rangeHeader(range)
  const input = {
    ...objectOf(requests, key),
    ...(header !== undefined && { Range: header }),
    ...(range?.etag !== undefined && { IfMatch: range.etag }),
  }
  try {
    const answer = await requests.hedge.first(
      {
        begin: abortSignal => requests.s3.getObject(input, { abortSignal }),
        discard: ({ Body }) => void (Body as Readable | undefined)?.destroy(),
      },
      signal,
    )
    const body = answer.Body as Readable
    // Nobody may be listening when a connection breaks.
    body.on('error', () => {})
    const length = answer.ContentLength
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.ContentRange ?? '') ?? []
    if (length === undefined || (header !== undefined && Number(first) !== range?.offset)) {
      body.destroy()
      throw new DunlinError('STORE', `${uri}: the server did not say which bytes it sends`, {
        hint: 'Dunlin needs Content-Length, and Content-Range for ranges: is something between here and the store?',
      })
    }
    return { body, length, sizeBytes: total === undefined ? length : Number(total), etag: answer.ETag }
  } catch (error) {
    if (isPreconditionFailed(error)) {
      throw new DunlinError('CORRUPT', `${uri} was replaced while it was read`, {
        cause: error,
        retryable: true,
      })
    }
    if (!isInvalidRange(error)) throw error
    await checkEnd(requests, key, range ?? { offset: 0 }, signal)
    return { body: Readable.from([]), length: 0, sizeBytes: range?.offset ?? 0, etag: undefined }
  }
}

/** `NOT_FOUND` where there is no object, `CORRUPT` where it does not reach to the end of the range. */
async function checkEnd(
  requests: S3Requests,
  key: string,
  range: OpenRange,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { uri } = reading(requests, key, signal)
  const info = await headObject(requests, key, signal)
  if (info === undefined) throw new DunlinError('NOT_FOUND', `${uri} does not exist`)
  if (range.offset + (range.length ?? 0) > info.sizeBytes) throw shorterThanAsked(uri, range, info.sizeBytes)
}

function rangeHeader(range: OpenRange | undefined): string | undefined {
  if (range === undefined || (range.offset === 0 && range.length === undefined)) return undefined
  const { offset, length } = range
  // The last byte may be far past the end of any object, but must be written as digits.
  return `bytes=${offset}-${length === undefined ? '' : BigInt(offset) + BigInt(length) - 1n}`
}

function notWhole(uri: string, got: number, { length }: OpenBody): DunlinError {
  return new DunlinError('STORE', `${uri}: ${got} bytes came where ${length} were announced`, {
    retryable: true,
  })
}

/** Joins what comes from the socket into longer pieces; what has come is given also where the body breaks off. */
async function* gathered(
  body: Readable,
  { pieceBytes, lent = false }: StreamOptions,
): AsyncGenerator<Uint8Array> {
  const longest = Math.min(Math.max(SHORTEST_PIECE_BYTES, pieceBytes ?? PIECE_BYTES), LARGEST_PIECE_BYTES)
  let filling = new Uint8Array(longest)
  let filled = 0
  let failure: { readonly error: unknown } | undefined
  const parts = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  for (;;) {
    let next: IteratorResult<Uint8Array> | undefined
    try {
      next = await parts.next()
    } catch (error) {
      failure = { error }
    }
    if (next === undefined || next.done) break
    for (let at = 0; at < next.value.byteLength; ) {
      const take = Math.min(longest - filled, next.value.byteLength - at)
      filling.set(next.value.subarray(at, at + take), filled)
      filled += take
      at += take
      if (filled < longest) continue
      yield filling
      if (!lent) filling = new Uint8Array(longest)
      filled = 0
    }
  }
  if (filled > 0) yield lent ? filling.subarray(0, filled) : filling.slice(0, filled)
  if (failure !== undefined) throw failure.error
}

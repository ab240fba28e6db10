/** Reading a run back: a few ranged requests ahead, each message checked before it is decoded. */
import { crc32 } from 'node:zlib'
import { type Batch, batchBytes, DunlinError, decodeSlice, type Schema } from '../../operators/index.ts'
import { crcOfPieces } from '../shuffle/crc-of-pieces.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { readAhead } from '../store/read-ahead.ts'

/** Where one batch of a run is. */
export interface RunMessage {
  readonly offset: number
  readonly byteLength: number
  readonly crc32: number
  readonly rows: number
  /** `batchBytes` of the batch. */
  readonly sizeBytes: number
  readonly schema: Schema
}

/** What all readers of an attempt's runs share. */
export interface RunReads {
  readonly store: ObjectStore
  readonly readAheadBytes: number
  readonly signal?: AbortSignal
  readonly guard?: () => void
  /** Bytes in flight, or fetched and not yet asked for. */
  readonly held: { bytes: number }
  gets: number
}

/** Small batches that stand one after another come in one request: at least up to, and at most. */
const LEAST_REQUEST_BYTES = 64 << 10
const LARGEST_REQUEST_BYTES = 1 << 20
const REQUESTS_IN_FLIGHT = 4

export function messageOf(batch: Batch, offset: number, pieces: readonly Uint8Array[]): RunMessage {
  const byteLength = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
  const { length: rows, schema } = batch
  return { offset, byteLength, crc32: crcOfPieces(pieces), rows, sizeBytes: batchBytes(batch), schema }
}

export async function* readRun(
  reads: RunReads,
  key: string,
  messages: readonly RunMessage[],
): AsyncGenerator<Batch> {
  const fetched = readAhead(
    {
      items: requests(reads, messages),
      width: REQUESTS_IN_FLIGHT,
      maxBytes: reads.readAheadBytes,
      sizeOf: request => request.length,
      held: reads.held,
    },
    async request => ({ request, bytes: await get(reads, key, request) }),
  )
  for await (const { request, bytes } of fetched) {
    for (const message of request.messages) {
      reads.guard?.()
      const start = message.offset - request.offset
      const own = bytes.subarray(start, start + message.byteLength)
      if (crc32(own) !== message.crc32) {
        throw damaged(reads.store.uri + key, `bytes ${message.offset} to ${message.offset + own.length}`)
      }
      yield* decodeSlice(message.schema, own)
    }
  }
}

interface Request {
  readonly offset: number
  readonly length: number
  readonly messages: readonly RunMessage[]
}

/** Made as they are needed: the more readers there are and the more they hold, the smaller. */
function* requests(reads: RunReads, messages: readonly RunMessage[]): Generator<Request> {
  for (let from = 0; from < messages.length; ) {
    const free = (reads.readAheadBytes - reads.held.bytes) / REQUESTS_IN_FLIGHT
    const most = Math.max(LEAST_REQUEST_BYTES, Math.min(LARGEST_REQUEST_BYTES, free))
    const { offset } = messages[from]!
    let length = 0
    let to = from
    while (to < messages.length && (to === from || length + messages[to]!.byteLength <= most)) {
      length += messages[to++]!.byteLength
    }
    yield { offset, length, messages: messages.slice(from, to) }
    from = to
  }
}

async function get(reads: RunReads, key: string, { offset, length }: Request): Promise<Uint8Array> {
  const { store, signal } = reads
  reads.gets++
  try {
    return await store.get(key, { offset, length }, signal === undefined ? {} : { signal })
  } catch (error) {
    if (error instanceof DunlinError && (error.code === 'NOT_FOUND' || error.code === 'CORRUPT')) {
      throw damaged(store.uri + key, 'it is gone or shorter', error)
    }
    throw error
  }
}

const damaged = (uri: string, how: string, cause?: unknown): DunlinError =>
  new DunlinError('CORRUPT', `what a task had put aside is not what it wrote: ${uri}, ${how}`, {
    cause,
    hint: 'The disk or bucket returned other bytes than were written, or something else removed them.',
    retryable: true,
    place: { at: uri },
  })

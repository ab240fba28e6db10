/** Decompression of whole objects, as a stream. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { DunlinError } from '../../operators/index.ts'

const PIECE_BYTES = 1 << 20

/**
 * Several gzip members or zstd frames one after another are one object. `shown` names it in messages.
 *
 * @throws BAD_RECORD for bytes that are not of that compression, or end too soon.
 */
export async function* decompress(
  pieces: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zstd',
  shown: string,
): AsyncGenerator<Uint8Array> {
  const input = new Input(pieces)
  try {
    // A decoder may stop before the end of its input: Node's zstd does after a frame. The rest is for the next.
    do {
      yield* decodeOnce(input, compression)
      // Tape archivers and the like fill up with zeros, which gzip allows.
      if (compression === 'gzip') await input.skipZeros()
    } while (await input.hasMore())
  } catch (error) {
    throw error instanceof DunlinError ? error : badBytes(error, compression, shown)
  } finally {
    await input.close()
  }
}

async function* decodeOnce(input: Input, compression: 'gzip' | 'zstd'): AsyncGenerator<Uint8Array> {
  const options = { chunkSize: PIECE_BYTES }
  const decoder = compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
  const given = input.give()
  const source = Readable.from(given, { objectMode: true, highWaterMark: 1 })
  const fed = pipeline(source, decoder)
  // Errors come out of the loop below; where the decoder stops early the pipeline cannot end well.
  fed.catch(() => {})
  try {
    for await (const piece of decoder) {
      input.used(decoder.bytesWritten)
      yield piece as Uint8Array
    }
    input.used(decoder.bytesWritten)
  } finally {
    source.destroy()
    decoder.destroy()
    await fed.catch(() => {})
    // A piece on its way to a decoder that has stopped is one of the next decoder's.
    await given.return(undefined)
  }
}

/** The compressed bytes; those that a decoder was given and did not use are given to the next one. */
class Input {
  readonly #pieces: AsyncIterator<Uint8Array>
  /** Fetched, and not known to be used. */
  readonly #held: Uint8Array[] = []
  /** How many of them the current decoder was given. */
  #given = 0
  /** Bytes that the current decoder has used, without those of pieces that are no longer held. */
  #usedOfHeld = 0
  #usedBefore = 0
  #ended = false

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** For the next decoder. */
  async *give(): AsyncGenerator<Uint8Array> {
    if (this.#usedOfHeld > 0) this.#held[0] = this.#held[0]!.subarray(this.#usedOfHeld)
    this.#usedOfHeld = 0
    this.#usedBefore = 0
    this.#given = 0
    while (this.#given < this.#held.length || (await this.#fetch())) yield this.#held[this.#given++]!
  }

  /** The current decoder has used `bytes` in all. */
  used(bytes: number): void {
    this.#usedOfHeld += bytes - this.#usedBefore
    this.#usedBefore = bytes
    while (this.#held.length > 0 && this.#usedOfHeld >= this.#held[0]!.length) {
      this.#usedOfHeld -= this.#held.shift()!.length
      this.#given--
    }
  }

  async hasMore(): Promise<boolean> {
    return this.#held.length > 0 || this.#fetch()
  }

  /** Between two decoders. */
  async skipZeros(): Promise<void> {
    while (await this.hasMore()) {
      const piece = this.#held[0]!.subarray(this.#usedOfHeld)
      const zeros = piece.findIndex(byte => byte !== 0)
      this.#usedOfHeld += zeros < 0 ? piece.length : zeros
      if (zeros >= 0) return
      this.#held.shift()
      this.#usedOfHeld = 0
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }

  /** Holds one piece more; false where there is none. */
  async #fetch(): Promise<boolean> {
    while (!this.#ended) {
      const { done, value } = await this.#pieces.next()
      if (done) this.#ended = true
      else if (value.length > 0) return this.#held.push(value) > 0
    }
    return false
  }
}

function badBytes(cause: unknown, compression: string, shown: string): DunlinError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new DunlinError('BAD_RECORD', `${shown} cannot be decompressed: ${why}`, {
    cause,
    hint: `Is the file whole, and ${compression}? ${compression === 'gzip' ? 'gzip -t' : 'zstd -t'} tests it.`,
    place: { at: shown },
  })
}

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
  const options = { chunkSize: PIECE_BYTES }
  const unzip = compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
  const source = Readable.from(pieces, { objectMode: true, highWaterMark: 1 })
  const fed = pipeline(source, unzip)
  // Errors come out of the loop below; a reader that has enough ends the pipeline early.
  fed.catch(() => {})
  try {
    for await (const piece of unzip) yield piece as Uint8Array
  } catch (error) {
    throw error instanceof DunlinError ? error : badBytes(error, compression, shown)
  } finally {
    source.destroy()
    unzip.destroy()
    await fed.catch(() => {})
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

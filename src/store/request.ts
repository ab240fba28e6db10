/** What every store checks of a request: the abort signal, ranges and bodies. */
import { DunlinError } from '../../operators/index.ts'
import type { Body } from './object-store.ts'

/** Throws `CANCELLED` where the signal has been aborted. */
export function throwIfAborted(signal: AbortSignal | undefined, uri: string): void {
  if (signal?.aborted) {
    throw new DunlinError('CANCELLED', `cancelled while working on ${uri}`, { cause: signal.reason })
  }
}

/** Throws `INVALID_ARGUMENT` unless both are byte counts. */
export function checkRange(range: { readonly offset: number; readonly length?: number }, uri: string): void {
  for (const [name, value] of [
    ['offset', range.offset],
    ['length', range.length ?? 0],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new DunlinError('INVALID_ARGUMENT', `the ${name} of a range of ${uri} is ${value}`)
    }
  }
}

/** `CORRUPT`: the bytes asked for are not all there. */
export function shorterThanAsked(
  uri: string,
  range: { readonly offset: number; readonly length?: number },
  sizeBytes: number,
): DunlinError {
  const asked =
    range.length === undefined
      ? `bytes from ${range.offset}`
      : `bytes ${range.offset} to ${range.offset + range.length}`
  return new DunlinError('CORRUPT', `${uri} is shorter than it should be: ${asked} of ${sizeBytes}`)
}

export function notFound(uri: string, cause?: unknown): DunlinError {
  return new DunlinError('NOT_FOUND', `${uri} does not exist`, cause === undefined ? {} : { cause })
}

export function piecesOf(body: Body): readonly Uint8Array[] {
  return body instanceof Uint8Array ? [body] : body
}

export function bytesOf(pieces: readonly Uint8Array[]): number {
  let bytes = 0
  for (const piece of pieces) bytes += piece.byteLength
  return bytes
}

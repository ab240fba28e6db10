/** Reading and writing open files: short operations at once, long ones on the thread pool. */
import { read, readSync, writev, writevSync } from 'node:fs'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { errnoOf } from './file-error.ts'
import { throwIfAborted } from './request.ts'

/**
 * Up to here a call is made on this thread: from the page cache it takes some 15 µs, a trip through the thread
 * pool more than 100.
 */
export const SHORT_BYTES = 256 << 10
/** One call on the thread pool; between two the abort signal is looked at. */
const LONG_BYTES = 8 << 20
/** Below the least IOV_MAX. */
const PIECES_A_CALL = 512
const SHORT_CALLS_A_TURN = 64
const OPEN_FILE_WAITS_MS = [5, 10, 20, 50, 100, 200, 400, 800, 1600]

let shortCalls = 0

/** To be awaited once a request: lets timers and messages in now and then, however many requests are short. */
export function takeTurn(): Promise<void> | undefined {
  return ++shortCalls % SHORT_CALLS_A_TURN === 0 ? setImmediate(undefined) : undefined
}

/** Calls `open`; where too many files are open, waits for others to be closed, some three seconds in all. */
export async function patiently<T>(open: () => T): Promise<T> {
  for (const waitMs of OPEN_FILE_WAITS_MS) {
    try {
      return open()
    } catch (error) {
      const errno = errnoOf(error)
      if (errno !== 'EMFILE' && errno !== 'ENFILE') throw error
      await setTimeout(waitMs)
    }
  }
  return open()
}

/** A buffer that shares its memory with no other, its bytes not yet set. */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  if (length < SHORT_BYTES) return new Uint8Array(length)
  const buffer = Buffer.allocUnsafeSlow(length)
  return new Uint8Array(buffer.buffer, buffer.byteOffset, length)
}

/** Fills `target` from `position`; fewer bytes are returned only where the file ends. */
export async function readFully(
  fd: number,
  target: Uint8Array,
  position: number,
  signal: AbortSignal | undefined,
  uri: string,
): Promise<number> {
  let filled = 0
  while (filled < target.byteLength) {
    const length = Math.min(target.byteLength - filled, LONG_BYTES)
    const got =
      target.byteLength <= SHORT_BYTES
        ? readSync(fd, target, filled, length, position + filled)
        : await readLong(fd, target, filled, length, position + filled)
    if (got === 0) break
    filled += got
    if (filled < target.byteLength) throwIfAborted(signal, uri)
  }
  return filled
}

/** Appends the pieces in their order, without joining them. */
export async function writeFully(
  fd: number,
  pieces: readonly Uint8Array[],
  signal: AbortSignal | undefined,
  uri: string,
): Promise<void> {
  let next = 0
  let rest: Uint8Array | null = null
  while (next < pieces.length || rest !== null) {
    const call: Uint8Array[] = rest === null ? [] : [rest]
    let bytes = rest?.byteLength ?? 0
    while (next < pieces.length && call.length < PIECES_A_CALL && bytes < LONG_BYTES) {
      const piece = pieces[next++]!
      if (piece.byteLength === 0) continue
      call.push(piece)
      bytes += piece.byteLength
    }
    rest = null
    if (bytes === 0) break
    let written = bytes <= SHORT_BYTES ? writevSync(fd, call) : await writeLong(fd, call)
    // A disk that fills up takes a part first, and fails on the next call.
    while (call.length > 0 && written >= call[0]!.byteLength) written -= call.shift()!.byteLength
    if (call.length > 1) await writeFully(fd, [call[0]!.subarray(written), ...call.slice(1)], signal, uri)
    else if (call.length === 1) rest = call[0]!.subarray(written)
    throwIfAborted(signal, uri)
  }
}

function readLong(
  fd: number,
  target: Uint8Array,
  at: number,
  length: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, target, at, length, position, (error, got) => (error ? reject(error) : resolve(got)))
  })
}

function writeLong(fd: number, pieces: Uint8Array[]): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, pieces, (error, written) => (error ? reject(error) : resolve(written)))
  })
}

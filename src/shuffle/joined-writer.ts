/** JoinedWriter: an object writer that writes small pieces together, since every write costs a system call or more. */
import type { ObjectWriter } from '../store/object-store.ts'

const WRITE_BYTES = 1 << 20

/** Pieces are held, and must not change, until `flush`, or until there are enough of them: a megabyte. */
export class JoinedWriter {
  readonly #writer: ObjectWriter
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #bytes = 0

  constructor(writer: ObjectWriter) {
    this.#writer = writer
  }

  /** Bytes given so far. */
  get sizeBytes(): number {
    return this.#bytes
  }

  async write(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      this.#bytes += piece.byteLength
      if (this.#waitingBytes + piece.byteLength > WRITE_BYTES) await this.flush()
      this.#waiting.push(piece)
      this.#waitingBytes += piece.byteLength
    }
    if (this.#waitingBytes >= WRITE_BYTES) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#waitingBytes === 0) return
    const pieces = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    await this.#writer.write(pieces)
  }

  async close(): Promise<void> {
    await this.flush()
    await this.#writer.close()
  }

  /** Leaves nothing behind. Never throws. */
  async abort(): Promise<void> {
    this.#waiting = []
    this.#waitingBytes = 0
    await this.#writer.abort().catch(() => undefined)
  }
}

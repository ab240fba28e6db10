/** JoinedWriter: an object writer that joins small pieces, since every write costs a system call or a request. */
import type { ObjectWriter } from '../store/object-store.ts'

const WRITE_BYTES = 1 << 20
/** From here on a copy costs more than a write of its own. */
const ALONE_BYTES = 256 << 10

/** Pieces are held until `flush`, or until there are enough of them: at most a megabyte. */
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
      if (piece.byteLength >= ALONE_BYTES) {
        await this.flush()
        await this.#writer.write(piece)
      } else {
        if (this.#waitingBytes + piece.byteLength > WRITE_BYTES) await this.flush()
        this.#waiting.push(piece)
        this.#waitingBytes += piece.byteLength
      }
    }
  }

  async flush(): Promise<void> {
    if (this.#waitingBytes === 0) return
    const pieces = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    await this.#writer.write(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces))
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

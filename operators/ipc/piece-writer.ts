/** PieceWriter: gathers small writes into arenas and passes large ones on without copying. */

/** From here on a view is passed on instead of copied. */
const PASS_ON_BYTES = 64 << 10
/** Arenas double between these: small files stay small, large ones have few pieces. */
const FIRST_ARENA_BYTES = 8 << 10
const LAST_ARENA_BYTES = 1 << 20

export class PieceWriter {
  readonly pieces: Uint8Array[] = []
  /** Bytes written so far. */
  sizeBytes = 0
  #arena = new Uint8Array(0)
  #nextArenaBytes = FIRST_ARENA_BYTES
  #start = 0
  #end = 0

  /** Room for `length` bytes, all 0, to be filled in at once by the caller. */
  reserve(length: number): Uint8Array {
    if (this.#end + length > this.#arena.length) {
      this.#flush()
      this.#arena = new Uint8Array(Math.max(this.#nextArenaBytes, length))
      this.#nextArenaBytes = Math.min(2 * this.#nextArenaBytes, LAST_ARENA_BYTES)
      this.#start = 0
      this.#end = 0
    }
    const room = this.#arena.subarray(this.#end, this.#end + length)
    this.#end += length
    this.sizeBytes += length
    return room
  }

  /** The bytes, and zeros up to a multiple of 8. */
  write(bytes: Uint8Array): void {
    const padded = (bytes.length + 7) & ~7
    if (bytes.length < PASS_ON_BYTES) {
      this.reserve(padded).set(bytes)
      return
    }
    this.#flush()
    this.pieces.push(bytes)
    this.sizeBytes += bytes.length
    if (padded > bytes.length) this.reserve(padded - bytes.length)
  }

  finish(): Uint8Array[] {
    this.#flush()
    return this.pieces
  }

  #flush(): void {
    if (this.#end > this.#start) this.pieces.push(this.#arena.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}

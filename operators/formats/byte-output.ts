/** ByteOutput: bytes of text written one after another, given away in large pieces. */

/** A piece as it is handed over: one write to a file or part of an upload, and small enough for the caches. */
const PIECE_BYTES = 1 << 20
const FIRST_PIECE_BYTES = 16 << 10
/** Up to here a loop copies faster than a call does. */
const SHORT_COPY_BYTES = 48
const ZERO = 48
const MINUS = 45

export class ByteOutput {
  /** The piece being filled; room for `n` bytes from `at` on is there after `reserve(n)`. */
  bytes = new Uint8Array(0)
  at = 0
  #start = 0
  #full: Uint8Array[] = []

  reserve(length: number): void {
    if (this.at + length > this.bytes.length) this.#next(length)
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.at++] = value
  }

  /** Text that is known to be ASCII. */
  ascii(text: string): void {
    this.reserve(text.length)
    const { bytes } = this
    let { at } = this
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
    this.at = at
  }

  copy(from: Uint8Array, start: number, stop: number): void {
    const length = stop - start
    this.reserve(length)
    if (length < SHORT_COPY_BYTES) {
      const { bytes } = this
      let { at } = this
      for (let i = start; i < stop; i++) bytes[at++] = from[i]!
      this.at = at
    } else {
      this.bytes.set(from.subarray(start, stop), this.at)
      this.at += length
    }
  }

  /** `String(value)`, with -0 as `0`. */
  number(value: number): void {
    if ((value | 0) === value) this.#int32(value | 0)
    else this.ascii(String(value))
  }

  /** The pieces that are full. What is handed over is never written to again. */
  takeFull(): Uint8Array[] {
    const full = this.#full
    this.#full = []
    return full
  }

  /** Everything that was not taken yet. */
  takeAll(): Uint8Array[] {
    this.#cut()
    return this.takeFull()
  }

  #int32(value: number): void {
    this.reserve(11)
    const { bytes } = this
    if (value < 0) bytes[this.at++] = MINUS
    // The absolute value of the least int32 is no int32, hence the shift.
    let rest = value < 0 ? -value >>> 0 : value
    let digits = 1
    for (let power = 10; power <= rest; power *= 10) digits++
    for (let i = this.at + digits - 1; i >= this.at; i--) {
      const next = Math.floor(rest / 10)
      bytes[i] = ZERO + rest - next * 10
      rest = next
    }
    this.at += digits
  }

  #next(length: number): void {
    this.#cut()
    const size = Math.max(length, this.bytes.length === 0 ? FIRST_PIECE_BYTES : PIECE_BYTES)
    this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
    this.at = 0
    this.#start = 0
  }

  #cut(): void {
    if (this.at > this.#start) this.#full.push(this.bytes.subarray(this.#start, this.at))
    this.#start = this.at
  }
}

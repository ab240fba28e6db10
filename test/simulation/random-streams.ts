/** RandomStreams: from one seed a stream of numbers for each name, so that a draw more in one shifts no other. */
import type { Randomness } from '../../src/ports/ports.ts'

const WORD = 2 ** 32

export class RandomStreams {
  readonly #seed: number
  readonly #streams = new Map<string, RandomStream>()

  constructor(seed: number) {
    this.#seed = seed
  }

  /** The stream of that name; the same one each time, where it stands. */
  of(name: string): RandomStream {
    let stream = this.#streams.get(name)
    if (stream === undefined) this.#streams.set(name, (stream = new RandomStream(`${this.#seed}/${name}`)))
    return stream
  }
}

/** Chris Doty-Humphrey's sfc32, whose state is a hash of the stream's name. */
export class RandomStream implements Randomness {
  #a: number
  #b: number
  #c: number
  #count = 1

  constructor(name: string) {
    this.#a = hashOf(name, 0x9e3779b9)
    this.#b = hashOf(name, 0x243f6a88)
    this.#c = hashOf(name, 0xb7e15162)
    for (let i = 0; i < 12; i++) this.#word()
  }

  next(): number {
    return this.#word() / WORD
  }

  hex(bytes: number): string {
    let text = ''
    while (text.length < 2 * bytes) text += this.#word().toString(16).padStart(8, '0')
    return text.slice(0, 2 * bytes)
  }

  /** A whole number from 0 on, below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1)
  }

  /** From `from` to `to`, each order of magnitude as often as the next. */
  logarithmic(from: number, to: number): number {
    return from * (to / from) ** this.next()
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  #word(): number {
    const sum = (this.#a + this.#b + this.#count) >>> 0
    this.#count = (this.#count + 1) >>> 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) >>> 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0
    return sum
  }
}

/** FNV-1a with a finish that spreads its bits. */
function hashOf(text: string, start: number): number {
  let hash = start
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

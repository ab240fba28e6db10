/** PersistentVector: an immutable sequence whose `set` and `push` share all but one path with the old one. */

const BITS = 5
const WIDTH = 1 << BITS
const MASK = WIDTH - 1

/** A leaf holds values, any other node holds nodes; always `WIDTH` wide, so that nothing needs shifting. */
type Node = readonly unknown[]

/**
 * O(log32 n) `get`, `set` and `push`; `filled` of any length takes O(log n) time and memory, because equal
 * subtrees are one object.
 *
 * @example
 * const tasks = PersistentVector.filled(100_000, 'pending')
 * const next = tasks.set(7, 'running') // `tasks` is as it was
 */
export class PersistentVector<T> implements Iterable<T> {
  readonly length: number
  /** Bits to shift an index by at the root: 0 where the root is a leaf. */
  readonly shift: number
  readonly root: Node

  private constructor(length: number, shift: number, root: Node) {
    this.length = length
    this.shift = shift
    this.root = root
  }

  static empty<T>(): PersistentVector<T> {
    return new PersistentVector<T>(0, 0, new Array(WIDTH).fill(undefined))
  }

  static filled<T>(length: number, value: T): PersistentVector<T> {
    let node: Node = new Array(WIDTH).fill(value)
    let shift = 0
    for (; WIDTH * 2 ** shift < length; shift += BITS) node = new Array(WIDTH).fill(node)
    return new PersistentVector<T>(length, shift, node)
  }

  get(index: number): T {
    this.#check(index)
    let node = this.root
    for (let shift = this.shift; shift > 0; shift -= BITS) node = node[(index >>> shift) & MASK] as Node
    return node[index & MASK] as T
  }

  set(index: number, value: T): PersistentVector<T> {
    this.#check(index)
    return new PersistentVector<T>(this.length, this.shift, withValue(this.root, this.shift, index, value))
  }

  push(value: T): PersistentVector<T> {
    const index = this.length
    const full = index === WIDTH * 2 ** this.shift
    const shift = full ? this.shift + BITS : this.shift
    const root = full ? [this.root, ...new Array(WIDTH - 1).fill(undefined)] : this.root
    return new PersistentVector<T>(index + 1, shift, withValue(root, shift, index, value))
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.length; i++) yield this.get(i)
  }

  #check(index: number): void {
    if (!(index >= 0 && index < this.length)) throw new RangeError(`index ${index} of ${this.length}`)
  }
}

/** The path to `index` copied, with `value` at its end; a missing node is made on the way. */
function withValue(node: Node | undefined, shift: number, index: number, value: unknown): Node {
  const copy = node === undefined ? new Array<unknown>(WIDTH).fill(undefined) : node.slice()
  const slot = (index >>> shift) & MASK
  copy[slot] = shift === 0 ? value : withValue(copy[slot] as Node | undefined, shift - BITS, index, value)
  return copy
}

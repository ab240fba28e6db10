/** What every part of the generator draws from: random choices, fresh names, and the names that are known so far. */
import type { Random } from './random.ts'

/** `async` gives a promise of a number; `stateful` changes a file of its own, so that only shipped code may call it. */
export type Kind = 'number' | 'function' | 'object' | 'array' | 'map' | 'instance' | 'async' | 'stateful'

export interface Known {
  readonly name: string
  readonly kind: Kind
  /** It cannot be declared again by a block. */
  readonly parameter?: true
}

/** Statements, and the names that are known after them. */
export interface Declared {
  readonly text: string
  readonly known: readonly Known[]
}

export const MODULUS = 9973

export const parameter = (name: string): Known => ({ name, kind: 'number', parameter: true })

export class Draw {
  readonly random: Random
  private names = 0
  private seeds = 1000

  constructor(random: Random) {
    this.random = random
  }

  fresh(): string {
    // Few stems, so that names hide each other and look like those of globals and of generated modules.
    const stem = this.random.pick(['a', 'b', 'value', 'name', 'map', 'f', 'of', '$x', '_', 'get', 'self'])
    return `${stem}${this.names++}`
  }

  /** A name for a class. */
  freshClass(): string {
    return `Class${this.names++}`
  }

  /** A number that no other call of a factory is given: V8 cannot tell runs of a function with equal states apart. */
  seed(): number {
    return (this.seeds += 17)
  }

  known(scope: readonly Known[], kind: Kind): string | undefined {
    const all = scope.filter(one => one.kind === kind)
    return all.length === 0 ? undefined : this.random.pick(all).name
  }

  /** One of some ways to write something; those that give nothing are impossible here. */
  way<T>(ways: readonly (() => T | undefined)[]): T {
    for (;;) {
      const written = this.random.pick(ways)()
      if (written !== undefined) return written
    }
  }
}

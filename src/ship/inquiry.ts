/** One question of what becomes of an object: the answer so far, and what has been followed for it. */
import type { FunctionNode, SyntaxNode } from './syntax.ts'

/** The members that lead from a value to the object, outermost first; empty where it is the object or a part of it. */
export type Path = readonly string[]

/** A member that is not known by name. */
export const ANY = '*'

/** What becomes of an object in a function that is given it. */
export interface Fate {
  readonly changed: boolean
  /** What the function returns leads to it. */
  readonly returned: boolean
  /** The receiver leads to it afterwards. */
  readonly kept: boolean
}

export const UNTOUCHED: Fate = { changed: false, returned: false, kept: false }

/** The first place that an inquiry found, and what it has followed so far. */
export class Inquiry {
  place: SyntaxNode | undefined
  returned = false
  kept = false
  readonly followed = new Set<string>()
  readonly seen = new Map<SyntaxNode, Set<string>>()
  /** Whether a change at a place matters. */
  readonly counts: (place: SyntaxNode) => boolean
  /** The function whose returned values are asked for. */
  readonly inside: FunctionNode | undefined

  constructor(counts: (place: SyntaxNode) => boolean, inside?: FunctionNode) {
    this.counts = counts
    this.inside = inside
  }
}

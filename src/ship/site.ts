/** Code that is about to be written, where V8 keeps the variables that it sees, and one of those variables. */
import type { Scope } from './inspect.ts'
import { type Declared, nodesAround, type Program } from './program.ts'
import { isFunction, namesDeclaredBy, type SyntaxNode } from './syntax.ts'

/** V8's words for the scopes of whole programs. */
const OUTERMOST = new Set(['Module', 'Script', 'Global'])

export interface Site {
  readonly program: Program
  readonly node: SyntaxNode
  /** Of the function `scopesOf`, innermost first. */
  readonly scopes: readonly Scope[]
  readonly scopesOf: SyntaxNode
  /** The value that the code gave when it first ran, where it is an initialiser. */
  readonly witness?: unknown
  /** Of a class that extends a variable: V8 keeps none that only the declaration uses, but the class has it. */
  readonly parent?: { readonly name: string; readonly value: unknown } | undefined
}

export function scopeWith(scopes: readonly Scope[], name: string): Scope | undefined {
  return scopes.find(scope => name in scope.variables)
}

/**
 * The value of a variable that `declaring`, which is no whole program, declares; undefined where V8 has dropped it.
 * Scopes lack what no function uses, so that one further out may have a variable of the same name: `ambiguous`.
 */
export function valueIn(
  { program, scopes, parent }: Site,
  declaring: SyntaxNode,
  name: string,
): { readonly value: unknown } | 'ambiguous' | undefined {
  const found = scopes.filter(({ kind, variables }) => !OUTERMOST.has(kind) && name in variables)
  const outer = declarationsAround(program, declaring, name)
  if (found.length === outer + 1) return { value: found[0]!.variables[name] }
  if (found.length > 0) return 'ambiguous'
  return parent?.name === name ? parent : undefined
}

/** How many scopes around `declaring` have a variable of the name too, that of the program apart. */
function declarationsAround(program: Program, declaring: SyntaxNode, name: string): number {
  const around = nodesAround(program, declaring)
  const isBody = (node: SyntaxNode, i: number, of: readonly SyntaxNode[]): boolean => {
    const next = of[i + 1] ?? declaring
    // A function and its body are one scope here.
    return isFunction(node) && node.body === next
  }
  return around.filter(
    (node, i) => node.type !== 'Program' && !isBody(node, i, around) && namesDeclaredBy(node).includes(name),
  ).length
}

/** A variable that is copied. */
export interface Variable {
  readonly key: string
  readonly name: string
  readonly read: () => unknown
  readonly declared: Declared | undefined
  readonly site: Site
  /** The node whose scope declares it. */
  readonly declaring?: SyntaxNode
}

/** V8 drops what no function uses; the caller may then evaluate the declaration again. */
export const DROPPED: unique symbol = Symbol('dropped')

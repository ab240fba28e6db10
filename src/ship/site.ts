/** Code that is about to be written, where V8 keeps the variables that it sees, and one of those variables. */
import type { Scope } from './inspect.ts'
import type { Declared, Program } from './program.ts'
import type { SyntaxNode } from './syntax.ts'

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

/** The value of a variable of an inner scope; undefined where V8 has dropped it. */
export function valueIn({ scopes, parent }: Site, name: string): { readonly value: unknown } | undefined {
  const scope = scopeWith(scopes, name)
  if (scope !== undefined) return { value: scope.variables[name] }
  return parent?.name === name ? parent : undefined
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

/** What may run after an initialiser has run: by where it stands, and from where the functions around it are called. */

import type { Program } from './program.ts'
import { type Binding, indexOf, propertyName } from './program-index.ts'
import { isClass, isFunction, type SyntaxNode } from './syntax.ts'

const isLoop = ({ type }: SyntaxNode): boolean => /^(?:For|ForIn|ForOf|While|DoWhile)Statement$/.test(type)

function contains(outer: SyntaxNode, inner: SyntaxNode): boolean {
  return outer.start <= inner.start && outer.end >= inner.end
}

/** Whether what stands at a place may change the variable after `init` has read it. */
export class RunsLater {
  private readonly program: Program
  private readonly init: SyntaxNode
  private readonly variable: Binding
  private readonly seen = new Set<SyntaxNode>()

  constructor(program: Program, init: SyntaxNode, variable: Binding) {
    this.program = program
    this.init = init
    this.variable = variable
  }

  readonly at = (place: SyntaxNode): boolean => {
    if (contains(this.init, place) || this.seen.has(place)) return false
    this.seen.add(place)
    const around = indexOf(this.program).around(place)
    const fn = around.findLast(one => isFunction(one) && !contains(one, this.init))
    if (fn !== undefined) return this.calledLater(fn)
    // What runs again runs after the initialiser too, unless the variable is a new one then.
    const { declaring } = this.variable
    const again = around.some(
      one =>
        (isLoop(one) || isFunction(one)) &&
        contains(one, this.init) &&
        one !== declaring &&
        contains(declaring, one),
    )
    return again || place.start >= this.init.end
  }

  private calledLater(fn: SyntaxNode): boolean {
    const index = indexOf(this.program)
    const parent = index.parent(fn)
    const id =
      fn.type === 'FunctionDeclaration'
        ? fn.id
        : parent?.type === 'VariableDeclarator'
          ? parent.id
          : undefined
    if (id) {
      const binding = index.binding(id)
      return binding === undefined || index.uses(binding).some(use => use !== id && this.at(use))
    }
    if (parent?.type === 'MethodDefinition' && parent.kind === 'constructor')
      return this.constructedLater(parent)
    if (parent !== undefined && 'key' in parent && 'computed' in parent) {
      const name = propertyName(parent.key, parent.computed)
      return name === undefined || index.accesses(name).some(this.at)
    }
    return this.at(fn)
  }

  /** A constructor runs where its class is used, or one that extends it. */
  private constructedLater(member: SyntaxNode): boolean {
    const index = indexOf(this.program)
    const owner = index.around(member).find(isClass)
    if (owner === undefined || this.seen.has(owner)) return false
    this.seen.add(owner)
    const binding = owner.type === 'ClassDeclaration' && owner.id ? index.binding(owner.id) : undefined
    if (binding === undefined) return true
    return index.uses(binding).some(use => {
      if (contains(owner, use)) return false
      const parent = index.parent(use)
      const isExtended = parent !== undefined && isClass(parent) && parent.superClass === use
      return isExtended ? this.constructedLater(parent.body) : this.at(use)
    })
  }
}

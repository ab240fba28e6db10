/** The functions and classes that an expression gives: those that are written there, and those that a call returns. */
import { methodOf } from './changes.ts'
import { importedFunction } from './imported-declaration.ts'
import { declaratorOf, type Program } from './program.ts'
import { type Binding, indexOf } from './program-index.ts'
import { children, type FunctionNode, isClass, isFunction, type SyntaxNode } from './syntax.ts'

export interface Code {
  readonly program: Program
  readonly node: SyntaxNode
}

/** The code that a variable stands for. */
export function codeOf(program: Program, binding: Binding): readonly Code[] {
  const search = new Search()
  search.variable(program, binding)
  return search.found
}

class Search {
  readonly found: Code[] = []
  private readonly seen = new Set<SyntaxNode>()

  variable(program: Program, binding: Binding): void {
    const index = indexOf(program)
    const declared = index.functionOf(binding)
    if (declared !== undefined) this.found.push({ program, node: declared })
    else {
      const init = declaratorOf(binding.declaring, binding.name)?.declarator.init
      if (init) this.expression(program, init)
    }
  }

  private expression(program: Program, node: SyntaxNode): void {
    if (this.seen.has(node)) return
    this.seen.add(node)
    if (isFunction(node) || isClass(node)) {
      this.found.push({ program, node })
      return
    }
    switch (node.type) {
      case 'Identifier': {
        const binding = indexOf(program).binding(node)
        if (binding !== undefined) this.variable(program, binding)
        return
      }
      case 'CallExpression':
        this.call(program, node)
        return
      case 'Property':
        this.expression(program, node.value)
        return
      case 'ObjectExpression':
      case 'ArrayExpression':
      case 'SpreadElement':
      case 'ConditionalExpression':
      case 'LogicalExpression':
      case 'SequenceExpression':
      case 'AwaitExpression':
      case 'ChainExpression':
        for (const child of children(node)) this.expression(program, child)
        return
      default:
    }
  }

  private call(program: Program, call: SyntaxNode & { type: 'CallExpression' }): void {
    const { callee } = call
    const method = methodOf(call)
    if (method !== undefined) {
      for (const { fn } of indexOf(program).methods(method)) this.returnedBy(program, fn)
      return
    }
    if (isFunction(callee)) this.returnedBy(program, callee)
    if (callee.type === 'CallExpression') {
      // `curried(1)(2)`: the functions that the first call gives, and what they return.
      const inner = new Search()
      inner.expression(program, callee)
      for (const { program: of, node } of inner.found) if (isFunction(node)) this.returnedBy(of, node)
    }
    if (callee.type !== 'Identifier') return
    const other = importedFunction(program, callee.name)
    const binding = indexOf(program).binding(callee)
    if (other !== undefined) this.returnedBy(other.program, other.fn)
    else if (binding !== undefined) {
      const made = indexOf(program).functionOf(binding)
      if (made !== undefined && isFunction(made)) this.returnedBy(program, made)
    }
  }

  private returnedBy(program: Program, fn: FunctionNode): void {
    if (fn.body.type !== 'BlockStatement') {
      this.expression(program, fn.body)
      return
    }
    const visit = (node: SyntaxNode): void => {
      if (isFunction(node) || isClass(node)) return
      if (node.type === 'ReturnStatement' && node.argument) this.expression(program, node.argument)
      for (const child of children(node)) visit(child)
    }
    visit(fn.body)
  }
}

/** The names that a piece of code uses but does not bind, found by the rules of JavaScript's scopes. */
import type * as acorn from 'acorn'
import {
  boundNames,
  children,
  isFunction,
  lexicalNames,
  namesDeclaredBy,
  type SyntaxNode,
  varNames,
} from './syntax.ts'

export interface Reference {
  readonly name: string
  readonly node: acorn.Identifier
  readonly parent: SyntaxNode
  /** Written as `{ name }`: a new name needs `name: ` before it. */
  readonly shorthand: boolean
  /** The code assigns to it. */
  readonly writes: boolean
}

export interface FreeNames {
  readonly references: readonly Reference[]
  /** `this` of the root itself, or of what surrounds it when the root is an arrow function. */
  readonly usesThis: boolean
  readonly usesSuper: boolean
  /** Calls `eval(…)` by name, or has a `with`: it cannot be known which variables are used. */
  readonly usesEval: boolean
  readonly importMeta: readonly SyntaxNode[]
  readonly dynamicImports: readonly acorn.ImportExpression[]
  /** Calls of a free `require` with a literal. */
  readonly requires: readonly { readonly call: acorn.CallExpression; readonly specifier: string }[]
}

interface Bound {
  readonly names: ReadonlySet<string>
  readonly up: Bound | null
}

class Search {
  readonly references: Reference[] = []
  usesThis = false
  usesSuper = false
  usesEval = false
  readonly importMeta: SyntaxNode[] = []
  readonly dynamicImports: acorn.ImportExpression[] = []
  readonly requires: { call: acorn.CallExpression; specifier: string }[] = []

  private isBound(name: string, bound: Bound | null): boolean {
    for (let scope = bound; scope !== null; scope = scope.up) if (scope.names.has(name)) return true
    return false
  }

  private use(
    node: acorn.Identifier,
    parent: SyntaxNode,
    bound: Bound | null,
    writes: boolean,
    shorthand = false,
  ): void {
    if (!this.isBound(node.name, bound))
      this.references.push({ name: node.name, node, parent, shorthand, writes })
  }

  /** `own`: whether `this` and `super` here are still the root's. */
  visit(node: SyntaxNode, parent: SyntaxNode, bound: Bound | null, own: boolean): void {
    const within = (names: readonly string[]): Bound | null =>
      names.length === 0 ? bound : { names: new Set(names), up: bound }
    const each = (
      nodes: readonly (SyntaxNode | null | undefined)[],
      scope: Bound | null,
      mine = own,
    ): void => {
      for (const child of nodes) if (child) this.visit(child, node, scope, mine)
    }
    switch (node.type) {
      case 'Identifier':
        this.use(node, parent, bound, false)
        return
      case 'ThisExpression':
        if (own) this.usesThis = true
        return
      case 'Super':
        if (own) this.usesSuper = true
        return
      case 'MetaProperty':
        if (node.meta.name === 'import') this.importMeta.push(node)
        else if (own) this.usesThis = true // new.target is as lexical as `this`
        return
      case 'ImportExpression':
        this.dynamicImports.push(node)
        each(children(node), bound)
        return
      case 'MemberExpression':
        each([node.object, node.computed ? node.property : null], bound)
        return
      case 'CallExpression':
        this.call(node, bound)
        each([node.callee, ...node.arguments], bound)
        return
      case 'Property':
        if (node.computed) each([node.key], bound)
        if (node.shorthand && node.value.type === 'Identifier') this.use(node.value, node, bound, false, true)
        else each([node.value], bound)
        return
      case 'WithStatement':
        this.usesEval = true // like eval, it hides which variable a name is
        each([node.object, node.body], bound)
        return
      case 'LabeledStatement':
        each([node.body], bound)
        return
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        return
      case 'ExportSpecifier':
        if (node.local.type === 'Identifier') this.use(node.local, node, bound, false)
        return
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        const arrow = node.type === 'ArrowFunctionExpression'
        const mine = own && arrow
        const outer = node.params.flatMap(boundNames)
        if (!arrow) outer.push('arguments')
        if (node.type === 'FunctionExpression' && node.id) outer.push(node.id.name)
        const parameters = within(outer)
        for (const parameter of node.params) this.pattern(parameter, node, parameters, mine, false)
        if (node.body.type !== 'BlockStatement') {
          each([node.body], parameters, mine)
          return
        }
        const names = [...lexicalNames(node.body.body), ...node.body.body.flatMap(varNames)]
        each(node.body.body, { names: new Set(names), up: parameters }, mine)
        return
      }
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const inner = within(namesDeclaredBy(node))
        each([node.superClass], inner)
        for (const member of node.body.body) {
          if (member.type === 'StaticBlock') this.visit(member, node, inner, false)
          else {
            if (member.computed) this.visit(member.key, member, inner, own)
            if (member.value) this.visit(member.value, member, inner, false)
          }
        }
        return
      }
      case 'VariableDeclarator':
        this.pattern(node.id, node, bound, own, false)
        each([node.init], bound)
        return
      case 'AssignmentExpression':
        this.pattern(node.left, node, bound, own, true)
        each([node.right], bound)
        return
      case 'UpdateExpression':
        if (node.argument.type === 'Identifier') this.use(node.argument, node, bound, true)
        else each([node.argument], bound)
        return
      case 'ForInStatement':
      case 'ForOfStatement': {
        const inner = within(namesDeclaredBy(node))
        if (node.left.type === 'VariableDeclaration') each([node.left], inner)
        else this.pattern(node.left, node, inner, own, true)
        each([node.right, node.body], inner)
        return
      }
      case 'CatchClause': {
        const inner = within(boundNames(node.param))
        if (node.param) this.pattern(node.param, node, inner, own, false)
        each([node.body], inner)
        return
      }
      default:
        each(children(node), within(namesDeclaredBy(node)))
    }
  }

  /** A binding pattern, or the target of an assignment, whose identifiers are then uses that write. */
  private pattern(
    node: SyntaxNode,
    parent: SyntaxNode,
    bound: Bound | null,
    own: boolean,
    assigns: boolean,
    shorthand = false,
  ): void {
    switch (node.type) {
      case 'Identifier':
        if (assigns) this.use(node, parent, bound, true, shorthand)
        return
      case 'ObjectPattern':
        for (const property of node.properties) {
          if (property.type === 'RestElement') this.pattern(property.argument, property, bound, own, assigns)
          else {
            if (property.computed) this.visit(property.key, property, bound, own)
            this.pattern(property.value, property, bound, own, assigns, property.shorthand)
          }
        }
        return
      case 'ArrayPattern':
        for (const element of node.elements) if (element) this.pattern(element, node, bound, own, assigns)
        return
      case 'AssignmentPattern':
        this.pattern(node.left, node, bound, own, assigns, shorthand)
        this.visit(node.right, node, bound, own)
        return
      case 'RestElement':
        this.pattern(node.argument, node, bound, own, assigns)
        return
      default:
        this.visit(node, parent, bound, own)
    }
  }

  private call(node: acorn.CallExpression, bound: Bound | null): void {
    if (node.callee.type !== 'Identifier' || this.isBound(node.callee.name, bound)) return
    if (node.callee.name === 'eval') this.usesEval = true
    const argument = node.arguments[0]
    if (
      node.callee.name === 'require' &&
      argument?.type === 'Literal' &&
      typeof argument.value === 'string'
    ) {
      this.requires.push({ call: node, specifier: argument.value })
    }
  }
}

/** Analyses an expression, a function or a class on its own, as if it stood alone in a file. */
export function freeNames(root: SyntaxNode): FreeNames {
  const search = new Search()
  // A function declaration that is shipped is written without its name: the name is a variable like any other.
  if (isFunction(root)) {
    const arrow = root.type === 'ArrowFunctionExpression'
    search.visit(root, root, null, arrow)
    if (!arrow) Object.assign(search, ownThis(root))
  } else search.visit(root, root, null, true)
  return search
}

/** `this` and `super` of a function that has its own. */
function ownThis(root: SyntaxNode): { usesThis: boolean; usesSuper: boolean } {
  const inner = new Search()
  if (isFunction(root)) {
    for (const child of [...root.params, root.body]) inner.visit(child, root, null, true)
  }
  return { usesThis: inner.usesThis, usesSuper: inner.usesSuper }
}

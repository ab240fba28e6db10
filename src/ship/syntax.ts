/** Small questions about syntax trees: children of a node, names that a pattern binds, what a node declares. */
import type * as acorn from 'acorn'

export type SyntaxNode = acorn.AnyNode
export type FunctionNode =
  | acorn.FunctionDeclaration
  | acorn.FunctionExpression
  | acorn.ArrowFunctionExpression
export type ClassNode = acorn.ClassDeclaration | acorn.ClassExpression

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string'
}

/** The children of a node, in the order of its fields. */
export function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = []
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) found.push(...value.filter(isNode))
    else if (isNode(value)) found.push(value)
  }
  return found
}

/** Visits a node and all below it; nothing below where `visit` gives false. */
export function walk(
  node: SyntaxNode,
  // biome-ignore lint/suspicious/noConfusingVoidType: most visits have nothing to say
  visit: (node: SyntaxNode, parent: SyntaxNode | null) => boolean | void,
  parent: SyntaxNode | null = null,
): void {
  if (visit(node, parent) === false) return
  for (const child of children(node)) walk(child, visit, node)
}

export function isFunction(node: SyntaxNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  )
}

export function isClass(node: SyntaxNode): node is ClassNode {
  return node.type === 'ClassDeclaration' || node.type === 'ClassExpression'
}

/** The identifiers that a pattern binds. `shorthand`: written as `{ a }`, so that a new name needs `a: ` before. */
export interface BoundIdentifier {
  readonly node: acorn.Identifier
  readonly shorthand: boolean
}

export function boundIdentifiers(
  pattern: SyntaxNode | null | undefined,
  shorthand = false,
): BoundIdentifier[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [{ node: pattern, shorthand }]
    case 'ObjectPattern':
      return pattern.properties.flatMap(p =>
        p.type === 'RestElement' ? boundIdentifiers(p.argument) : boundIdentifiers(p.value, p.shorthand),
      )
    case 'ArrayPattern':
      return pattern.elements.flatMap(element => boundIdentifiers(element))
    case 'AssignmentPattern':
      return boundIdentifiers(pattern.left, shorthand)
    case 'RestElement':
      return boundIdentifiers(pattern.argument)
    default:
      return []
  }
}

export function boundNames(pattern: SyntaxNode | null | undefined): string[] {
  return boundIdentifiers(pattern).map(bound => bound.node.name)
}

/** `export const x …` → `const x …`; any other statement is itself. */
export function withoutExport(statement: SyntaxNode): SyntaxNode {
  if (statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration') {
    return statement.declaration ?? statement
  }
  return statement
}

/** Names that `let`, `const`, `using`, `class`, `function` and `import` statements of one list bind. */
export function lexicalNames(statements: readonly SyntaxNode[]): string[] {
  return statements.flatMap(statement => {
    const node = withoutExport(statement)
    if (node.type === 'VariableDeclaration' && node.kind !== 'var')
      return node.declarations.flatMap(d => boundNames(d.id))
    if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration')
      return node.id ? [node.id.name] : []
    if (node.type === 'ImportDeclaration') return node.specifiers.map(s => s.local.name)
    return []
  })
}

/** Names of the `var` declarations in a function's body, however deep, but not in functions inside it. */
export function varNames(node: SyntaxNode): string[] {
  if (isFunction(node) || isClass(node)) return []
  if (node.type === 'VariableDeclaration' && node.kind === 'var')
    return node.declarations.flatMap(d => boundNames(d.id))
  return children(node).flatMap(varNames)
}

/** Names that are visible in all of `node` because `node` itself opens a scope; empty for all other nodes. */
export function namesDeclaredBy(node: SyntaxNode): string[] {
  switch (node.type) {
    case 'Program':
      return [...lexicalNames(node.body), ...node.body.flatMap(varNames)]
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression': {
      const names = node.params.flatMap(boundNames)
      if (node.type === 'FunctionExpression' && node.id) names.push(node.id.name)
      if (node.body.type === 'BlockStatement')
        names.push(...lexicalNames(node.body.body), ...node.body.body.flatMap(varNames))
      return names
    }
    case 'ClassDeclaration':
    case 'ClassExpression':
      return node.id ? [node.id.name] : []
    case 'BlockStatement':
      return lexicalNames(node.body)
    case 'StaticBlock':
      return [...lexicalNames(node.body), ...node.body.flatMap(varNames)]
    case 'SwitchStatement':
      return node.cases.flatMap(c => lexicalNames(c.consequent))
    case 'ForStatement':
      return node.init?.type === 'VariableDeclaration'
        ? node.init.declarations.flatMap(d => boundNames(d.id))
        : []
    case 'ForInStatement':
    case 'ForOfStatement':
      return node.left.type === 'VariableDeclaration'
        ? node.left.declarations.flatMap(d => boundNames(d.id))
        : []
    case 'CatchClause':
      return boundNames(node.param)
    default:
      return []
  }
}

/** The nodes from the root down to `target`, both included; empty when `target` is not below `root`. */
export function pathTo(root: SyntaxNode, target: SyntaxNode): SyntaxNode[] {
  const path: SyntaxNode[] = [root]
  for (let node = root; node !== target; ) {
    const next = children(node).find(
      child =>
        child === target ||
        (child.start <= target.start && child.end >= target.end && contains(child, target)),
    )
    if (next === undefined) return []
    path.push(next)
    node = next
  }
  return path
}

function contains(node: SyntaxNode, target: SyntaxNode): boolean {
  if (node === target) return true
  if (node.start > target.start || node.end < target.end) return false
  return children(node).some(child => contains(child, target))
}

/** `function name (…) {…}` → `function (…) {…}`: as in its file, the name is a variable that may be assigned to. */
export function withoutName(node: SyntaxNode): { start: number; end: number; text: string }[] {
  if (node.type !== 'FunctionDeclaration' || node.id === null) return []
  return [{ start: node.id.start, end: node.id.end, text: '' }]
}

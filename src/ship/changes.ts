/** What a single piece of code changes by itself: an assignment, or a method that is known to change. */
import { children, type SyntaxNode } from './syntax.ts'

/** Methods of the language's own collections that change them. */
const CHANGING = new Set([
  ...['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill', 'copyWithin'],
  ...['set', 'add', 'delete', 'clear'],
])
/** Of `Object` and `Reflect`: they change their first argument. */
const CHANGING_FIRST =
  /^(?:assign|set|defineProperty|defineProperties|setPrototypeOf|deleteProperty|freeze|seal|preventExtensions)$/

/** Their results are members of the receiver. */
export const MEMBER_METHODS = new Set([
  'get',
  'at',
  'pop',
  'shift',
  'find',
  'findLast',
  'reduce',
  'reduceRight',
])
/** Their results are collections of members of the receiver. */
export const LIST_METHODS = new Set([
  ...['filter', 'slice', 'concat', 'toSorted', 'toReversed', 'toSpliced', 'with', 'flat', 'splice'],
  ...['values', 'entries', 'keys'],
])
/** Their arguments become members of the receiver. */
export const STORING_METHODS = new Set(['push', 'unshift', 'set', 'add', 'fill', 'splice', 'concat'])
/** What is called for what it says or throws, not for what it changes. */
export const SAYING =
  /^(?:forEach|parse|parseAsync|safeParse|assert|validate|validateSync|test|check|toString|compare|format)$/
/** Globals whose functions change nothing that they are given. */
export const HARMLESS_GLOBALS = new Set([
  'console',
  'Math',
  'JSON',
  'Number',
  'String',
  'Boolean',
  'BigInt',
  'Intl',
])

export interface Root {
  /** The identifier or `this` that an access starts from. */
  readonly node: SyntaxNode
  /** The names from there on. */
  readonly names: readonly string[]
}

/** What an access such as `a.b.get(1).c` starts from. What any other call gives is taken for an object of its own. */
export function rootOf(node: SyntaxNode): Root | undefined {
  const names: string[] = []
  for (;;) {
    if (node.type === 'MemberExpression') {
      if (!node.computed && 'name' in node.property) names.unshift(node.property.name)
      node = node.object
    } else if (node.type === 'ChainExpression') node = node.expression
    else if (node.type === 'CallExpression' && /^(?:get|at)$/.test(methodOf(node) ?? '')) node = node.callee
    else if (node.type === 'Identifier' || node.type === 'ThisExpression') return { node, names }
    else return undefined
  }
}

/** The name of the method that is called. */
export function methodOf(call: SyntaxNode): string | undefined {
  if (call.type !== 'CallExpression' || call.callee.type !== 'MemberExpression') return undefined
  const { property, computed } = call.callee
  return !computed && property.type === 'Identifier' ? property.name : undefined
}

/** The variables and members that a target of an assignment writes to. */
export function targets(node: SyntaxNode): SyntaxNode[] {
  switch (node.type) {
    case 'Identifier':
    case 'MemberExpression':
      return [node]
    case 'AssignmentPattern':
      return targets(node.left)
    case 'Property':
      return targets(node.value)
    case 'ObjectPattern':
    case 'ArrayPattern':
    case 'RestElement':
      return children(node).flatMap(targets)
    default:
      return []
  }
}

/** Whether a call of a method changes its receiver, by its name. */
export const isChangingMethod = (name: string): boolean => CHANGING.has(name)

/** Whether a function of `Object` or `Reflect` changes what it is given first. */
export const changesFirst = (name: string): boolean => CHANGING_FIRST.test(name)

/** What this one node changes: variables that it assigns to, and objects. */
export function changedBy(node: SyntaxNode): Root[] {
  const found = (nodes: readonly SyntaxNode[]): Root[] => nodes.flatMap(one => rootOf(one) ?? [])
  switch (node.type) {
    case 'AssignmentExpression':
      return found(targets(node.left))
    case 'UpdateExpression':
      return found([node.argument])
    case 'UnaryExpression':
      return node.operator === 'delete' ? found([node.argument]) : []
    case 'ForInStatement':
    case 'ForOfStatement':
      return found(targets(node.left))
    case 'CallExpression': {
      const method = methodOf(node)
      if (method === undefined || node.callee.type !== 'MemberExpression') return []
      const { object } = node.callee
      if (object.type === 'Identifier' && /^(?:Object|Reflect)$/.test(object.name))
        return CHANGING_FIRST.test(method) ? found(node.arguments.slice(0, 1)) : []
      return CHANGING.has(method) ? found([object]) : []
    }
    default:
      return []
  }
}

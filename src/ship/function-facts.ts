/** What the planner may know of a user's function before it runs, read off its syntax tree. Always conservative. */
import type * as acorn from 'acorn'
import type { FunctionFacts, UserFunction } from '../../planner/index.ts'
import { inspectFunction } from './inspect.ts'
import { functionAt, positionAt, programOf } from './program.ts'
import { positionText } from './source-position.ts'
import {
  boundNames,
  children,
  type FunctionNode,
  isFunction,
  namesDeclaredBy,
  type SyntaxNode,
} from './syntax.ts'

type Analysis = Pick<FunctionFacts, 'reads' | 'escapes' | 'passThrough' | 'async'>

const NAME_LENGTH = 40
/** Reading one of these may give an inherited method instead of a column. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype))
/** Methods that no value of a record is changed by: those of strings. */
const HARMLESS = new Set(Object.getOwnPropertyNames(String.prototype))

const UNKNOWN: Analysis = { reads: [], escapes: true, passThrough: {}, async: false }

/** Facts of the function with this index; those of a function without source say that it may do anything. */
export function functionFacts(fn: UserFunction, index: number): FunctionFacts {
  const text = Function.prototype.toString.call(fn)
  const name = (fn.name || text.replace(/\s+/g, ' ').replace(/ (?=[),;:])/g, '')).slice(0, NAME_LENGTH)
  const seen = inspectFunction(fn)
  if (seen === null) return { index, name, ...UNKNOWN }
  try {
    const program = programOf(seen.scriptId)
    const found = functionAt(program, seen.line, seen.column, text)
    if (found === null || !isFunction(found.node)) return { index, name, ...UNKNOWN }
    const { file, line } = positionAt(program, found.node.start)
    const at = program.file === null ? {} : { at: positionText({ file, line }) }
    return { index, name, ...at, ...analyse(found.node) }
  } catch {
    return { index, name, ...UNKNOWN } // a file that cannot be parsed: the capture says so, with its place
  }
}

/** Column → how the record's column is used, in every place where it is read. */
type Uses = Map<string, SyntaxNode[][]>

export function analyse(fn: FunctionNode): Analysis {
  const unknown: Analysis = { ...UNKNOWN, async: fn.async }
  const record = fn.params[0]
  const target = record?.type === 'AssignmentPattern' ? record.left : record
  if (target !== undefined && target.type !== 'Identifier' && target.type !== 'ObjectPattern') return unknown
  const uses: Uses = new Map()
  const columns = target?.type === 'ObjectPattern' ? patternColumns(target) : new Map<string, string>()
  if (columns === null) return unknown
  for (const column of columns.values()) uses.set(column, [])
  const recordName = target?.type === 'Identifier' ? target.name : null
  const scan = new Scan(recordName, uses)
  if (fn.params.slice(1).some(p => declares(p, recordName))) return unknown
  const first = record === target && target?.type === 'Identifier' ? [] : [record]
  const named = record?.type === 'AssignmentPattern' && target?.type === 'Identifier' ? [record.right] : first
  for (const part of [...named, ...fn.params.slice(1), fn.body]) if (part) scan.visit(part, [fn])
  if (scan.escapes) return unknown
  return {
    reads: [...uses.keys()],
    escapes: false,
    passThrough: fn.generator ? {} : passThrough(fn, recordName, columns, uses),
    async: fn.async,
  }
}

function declares(pattern: SyntaxNode, name: string | null): boolean {
  if (name === null) return false
  return boundNames(pattern).includes(name)
}

function staticKey(key: SyntaxNode, computed: boolean): string | null {
  if (!computed && key.type === 'Identifier') return key.name
  return key.type === 'Literal' && typeof key.value === 'string' ? key.value : null
}

/** Local name → column of `({ a, b: c })`; null when the pattern may see more than named columns. */
function patternColumns(pattern: acorn.ObjectPattern): Map<string, string> | null {
  const columns = new Map<string, string>()
  for (const property of pattern.properties) {
    if (property.type === 'RestElement') return null
    const column = staticKey(property.key, property.computed)
    if (column === null || INHERITED.has(column)) return null
    // A nested pattern reads the column too; under a name that no identifier has, it passes nothing through.
    const local = property.value.type === 'Identifier' ? property.value.name : `{${columns.size}}`
    columns.set(local, column)
  }
  return columns
}

/** Looks at every use of the record in a function's parameters and body. */
class Scan {
  escapes = false
  private readonly record: string | null
  private readonly uses: Uses

  constructor(record: string | null, uses: Uses) {
    this.record = record
    this.uses = uses
  }

  visit(node: SyntaxNode, path: readonly SyntaxNode[]): void {
    if (this.escapes) return
    const parent = path.at(-1)!
    if (node.type === 'Identifier') {
      this.identifier(node, parent, path)
      return
    }
    if (node.type === 'WithStatement' || node.type === 'ThisExpression' || node.type === 'Super') {
      this.escapes = true
      return
    }
    // A name that is declared again could be the record or not: not worth telling apart.
    if (this.record !== null && path.length > 0 && namesDeclaredBy(node).includes(this.record)) {
      this.escapes = true
      return
    }
    const next = [...path, node]
    for (const child of children(node)) {
      if (!isName(child, node)) this.visit(child, next)
    }
  }

  private identifier(node: acorn.Identifier, parent: SyntaxNode, path: readonly SyntaxNode[]): void {
    if (node.name === 'arguments' || node.name === 'eval') this.escapes = true
    if (node.name !== this.record) return
    if (parent.type === 'MemberExpression' && parent.object === node) {
      this.member(parent, path)
      return
    }
    if (parent.type === 'VariableDeclarator' && parent.init === node && parent.id.type === 'ObjectPattern') {
      const columns = patternColumns(parent.id)
      if (columns === null) this.escapes = true
      // Where such a variable goes is not followed: its column passes nothing through.
      else for (const column of columns.values()) this.use(column, [])
      return
    }
    this.escapes = true
  }

  private member(member: acorn.MemberExpression, path: readonly SyntaxNode[]): void {
    const column = staticKey(member.property, member.computed)
    const around = [...path].reverse().slice(1)
    const [outer] = around.filter(node => node.type !== 'ChainExpression')
    const callee = outer?.type === 'CallExpression' && [member, around[0]].includes(outer.callee)
    if (
      column === null ||
      INHERITED.has(column) ||
      callee ||
      (outer !== undefined && isWritten(member, outer, around.at(1)))
    ) {
      this.escapes = true
      return
    }
    this.use(column, [member, ...around])
  }

  private use(column: string, path: readonly SyntaxNode[]): void {
    this.uses.set(column, [...(this.uses.get(column) ?? []), [...path]])
  }
}

function isWritten(member: SyntaxNode, outer: SyntaxNode, beyond?: SyntaxNode): boolean {
  switch (outer.type) {
    case 'Property':
      return beyond?.type === 'ObjectPattern' && outer.value === member
    case 'AssignmentExpression':
      return outer.left === member
    case 'UpdateExpression':
    case 'RestElement':
    case 'ArrayPattern':
    case 'ObjectPattern':
    case 'TaggedTemplateExpression':
      return true
    case 'AssignmentPattern':
      return outer.left === member
    case 'UnaryExpression':
      return outer.operator === 'delete'
    case 'ForInStatement':
    case 'ForOfStatement':
      return outer.left === member
    default:
      return false
  }
}

/** Identifiers that are no variables: property names, labels. */
function isName(node: SyntaxNode, parent: SyntaxNode): boolean {
  switch (parent.type) {
    case 'MemberExpression':
      return parent.property === node && !parent.computed
    case 'Property':
      return parent.key === node && !parent.computed && parent.value !== node
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return parent.key === node && !parent.computed
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return parent.label === node
    default:
      return false
  }
}

/** The object that every call returns: the expression of an arrow function, or of the only `return`, at the end. */
function returned(fn: FunctionNode): acorn.ObjectExpression | null {
  if (fn.body.type === 'ObjectExpression') return fn.body
  if (fn.body.type !== 'BlockStatement') return null
  const last = fn.body.body.at(-1)
  if (last?.type !== 'ReturnStatement' || last.argument?.type !== 'ObjectExpression') return null
  const others = (node: SyntaxNode): boolean =>
    node !== last && (node.type === 'ReturnStatement' || (!isFunction(node) && children(node).some(others)))
  return fn.body.body.some(others) ? null : last.argument
}

/** Whether what happens to a column's value here cannot change it. */
function isHarmless(path: readonly SyntaxNode[]): boolean {
  const [member, ...rest] = path
  const [first, second] = rest.filter(node => node.type !== 'ChainExpression')
  switch (first?.type) {
    case 'BinaryExpression':
    case 'TemplateLiteral':
    case 'UnaryExpression':
    case 'IfStatement':
      return true
    case 'ConditionalExpression':
      return first.test === member
    case 'MemberExpression':
      if (first.computed || first.object !== member || first.property.type !== 'Identifier') return false
      if (first.property.name === 'length') return second === undefined || !isWritten(first, second)
      return second?.type === 'CallExpression' && second.callee === first && HARMLESS.has(first.property.name)
    default:
      return false
  }
}

function passThrough(
  fn: FunctionNode,
  record: string | null,
  columns: ReadonlyMap<string, string>,
  uses: Uses,
): Record<string, string> {
  const object = returned(fn)
  if (object === null) return {}
  const found = new Map<string, string>()
  for (const property of object.properties) {
    const key = property.type === 'Property' ? staticKey(property.key, property.computed) : null
    if (property.type === 'SpreadElement' || key === null) {
      found.clear() // it may overwrite any property before it
      continue
    }
    found.delete(key)
    if (property.kind !== 'init' || property.method || key === '__proto__') continue
    const column = columnOf(property.value, record, columns)
    if (column !== null && isUntouched(fn, column, property.value, columns, uses)) found.set(key, column)
  }
  return Object.fromEntries(found)
}

function columnOf(
  value: SyntaxNode,
  record: string | null,
  columns: ReadonlyMap<string, string>,
): string | null {
  if (value.type === 'Identifier') return columns.get(value.name) ?? null
  if (value.type !== 'MemberExpression' || value.object.type !== 'Identifier' || value.optional) return null
  return value.object.name === record ? staticKey(value.property, value.computed) : null
}

/** Whether nothing else in the function could change the column's value, or the variable that holds it. */
function isUntouched(
  fn: FunctionNode,
  column: string,
  value: SyntaxNode,
  columns: ReadonlyMap<string, string>,
  uses: Uses,
): boolean {
  if (value.type === 'MemberExpression') {
    return (uses.get(column) ?? []).every(
      path => path[0] === value || path[1]?.type === 'Property' || isHarmless(path),
    )
  }
  const local = value.type === 'Identifier' ? value.name : ''
  const others = [...columns].filter(([name, of]) => of === column && name !== local)
  const fine = (node: SyntaxNode, path: readonly SyntaxNode[]): boolean => {
    if (node.type === 'Identifier' && node.name === local) {
      const parent = path.at(-1)
      if (parent !== undefined && isName(node, parent)) return true
      return node === value || isHarmless([node, ...[...path].reverse()])
    }
    if (path.length > 0 && namesDeclaredBy(node).includes(local)) return false
    return children(node).every(child => fine(child, [...path, node]))
  }
  return others.length === 0 && fine(fn.body, [])
}

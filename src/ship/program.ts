/** A script that V8 has loaded, parsed: where its functions are, what it imports, what its names mean. */

import type { TraceMap } from '@jridgewell/trace-mapping'
import * as acorn from 'acorn'
import { readScript } from './inspect.ts'
import { originalPosition, type Position, pathOfUrl, readSourceMap } from './source-position.ts'
import {
  boundNames,
  type ClassNode,
  children,
  type FunctionNode,
  isClass,
  isFunction,
  namesDeclaredBy,
  pathTo,
  type SyntaxNode,
  withoutExport,
} from './syntax.ts'

export interface ImportBinding {
  readonly specifier: string
  /** The export's name; `default`, or `*` for the namespace. */
  readonly name: string
}

export interface Program {
  readonly scriptId: string
  /** Empty for code that has no file. */
  readonly url: string
  /** Absolute path; null for code from `eval`, `new Function` or the REPL. */
  readonly file: string | null
  readonly isModule: boolean
  readonly source: string
  readonly tree: acorn.Program
  readonly lineStarts: readonly number[]
  readonly map: TraceMap | null
  /** Local name → what the top level imports under it. */
  readonly imports: ReadonlyMap<string, ImportBinding>
  readonly specifiers: readonly string[]
}

const programs = new Map<string, Program>()

function importsOf(tree: acorn.Program): { imports: Map<string, ImportBinding>; specifiers: string[] } {
  const imports = new Map<string, ImportBinding>()
  const specifiers: string[] = []
  for (const statement of tree.body) {
    if (statement.type === 'ExportAllDeclaration' || statement.type === 'ExportNamedDeclaration') {
      if (statement.source) specifiers.push(String(statement.source.value))
      continue
    }
    if (statement.type !== 'ImportDeclaration') continue
    const specifier = String(statement.source.value)
    specifiers.push(specifier)
    for (const s of statement.specifiers) {
      const name =
        s.type === 'ImportDefaultSpecifier'
          ? 'default'
          : s.type === 'ImportNamespaceSpecifier'
            ? '*'
            : s.imported.type === 'Identifier'
              ? s.imported.name
              : String(s.imported.value)
      imports.set(s.local.name, { specifier, name })
    }
  }
  return { imports, specifiers }
}

/** Throws a SyntaxError for a script that acorn cannot parse. */
export function programOf(scriptId: string): Program {
  const known = programs.get(scriptId)
  if (known !== undefined) return known
  const { script, source } = readScript(scriptId)
  const file = pathOfUrl(script.url)
  const tree = acorn.parse(source, {
    ecmaVersion: 'latest',
    sourceType: script.isModule ? 'module' : 'script',
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    allowHashBang: true,
  })
  const lineStarts = [0]
  for (const end of source.matchAll(/\r\n?|\n|\u2028|\u2029/g)) lineStarts.push(end.index + end[0].length)
  const program: Program = {
    scriptId,
    url: script.url,
    file,
    isModule: script.isModule,
    source,
    tree,
    lineStarts,
    map: readSourceMap(script.sourceMapUrl, file),
    ...importsOf(tree),
  }
  programs.set(scriptId, program)
  return program
}

/** Where an offset of a program's source is in the file that its author wrote. */
export function positionAt(program: Program, offset: number): Position {
  let low = 0
  for (let high = program.lineStarts.length; high - low > 1; ) {
    const middle = (low + high) >> 1
    if (program.lineStarts[middle]! <= offset) low = middle
    else high = middle
  }
  return originalPosition(program.map, program.file ?? 'eval', low + 1, offset - program.lineStarts[low]!)
}

export interface FoundFunction {
  /** The function or class itself. */
  readonly node: FunctionNode | ClassNode
  /** The method, accessor or property that it is the value of, where its own text lacks the name. */
  readonly method: acorn.Property | acorn.MethodDefinition | null
}

/** Finds a function by its place and checks that its text is what stands there; null when it is not. */
export function functionAt(
  program: Program,
  line: number,
  column: number,
  text: string,
): FoundFunction | null {
  const start = program.lineStarts[line]
  if (start === undefined) return null
  const offset = start + column
  const matches = (node: SyntaxNode) =>
    program.source.slice(node.start, node.end).replace(/^static\s+(?!\()/, '') === text
  let found: FoundFunction | null = null
  const visit = (node: SyntaxNode, parent: SyntaxNode | null): void => {
    if (node.start > offset || node.end < offset) return
    if (isClass(node)) {
      if (matches(node)) found = { node, method: null }
    } else if (isFunction(node) && offset <= node.body.start) {
      const isMethod =
        (parent?.type === 'Property' && (parent.method || parent.kind !== 'init')) ||
        parent?.type === 'MethodDefinition'
      if (isMethod && matches(parent)) found = { node, method: parent }
      else if (!isMethod && matches(node)) found = { node, method: null }
    }
    for (const child of children(node)) visit(child, node)
  }
  visit(program.tree, null)
  return found
}

/** The name under which the top level of the program declares exactly this function or class, never reassigned. */
export function topLevelName(program: Program, node: SyntaxNode): string | null {
  for (const statement of program.tree.body) {
    const declared = withoutExport(statement)
    if (
      declared === node &&
      (declared.type === 'FunctionDeclaration' || declared.type === 'ClassDeclaration')
    ) {
      return declared.id?.name ?? null
    }
    if (declared.type === 'VariableDeclaration' && declared.kind === 'const') {
      const match = declared.declarations.find(d => d.init === node && d.id.type === 'Identifier')
      if (match?.id.type === 'Identifier') return match.id.name
    }
  }
  return null
}

const paths = new WeakMap<SyntaxNode, readonly SyntaxNode[]>()
const declaredNames = new WeakMap<SyntaxNode, ReadonlySet<string>>()

/** The nodes around `node`, outermost first, without itself. */
export function nodesAround(program: Program, node: SyntaxNode): readonly SyntaxNode[] {
  let path = paths.get(node)
  if (path === undefined) {
    path = pathTo(program.tree, node).slice(0, -1)
    paths.set(node, path)
  }
  return path
}

/** Whether `node` opens a scope that has the name. */
export function declares(node: SyntaxNode, name: string): boolean {
  let names = declaredNames.get(node)
  if (names === undefined) {
    names = new Set(namesDeclaredBy(node))
    declaredNames.set(node, names)
  }
  return names.has(name)
}

/** The node whose scope declares `name` as seen from `from`; undefined where none does. */
export function declaringNode(program: Program, from: SyntaxNode, name: string): SyntaxNode | undefined {
  return nodesAround(program, from).findLast(node => declares(node, name))
}

export interface Declared {
  readonly kind: string
  readonly declarator: acorn.VariableDeclarator
}

/** The `const`, `let` or `var` that declares `name` directly in the scope of `scope`. */
export function declaratorOf(scope: SyntaxNode, name: string): Declared | undefined {
  const search = (node: SyntaxNode, depth: number): Declared | undefined => {
    if (depth > 0 && (isFunction(node) || isClass(node))) return undefined
    if (node.type === 'VariableDeclaration') {
      const declarator = node.declarations.find(d => boundNames(d.id).includes(name))
      return declarator === undefined ? undefined : { kind: node.kind, declarator }
    }
    if (depth > 0 && namesDeclaredBy(node).includes(name)) return undefined // an inner scope's own
    for (const child of children(node)) {
      const found = search(child, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  return search(scope, 0)
}

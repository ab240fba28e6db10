/** What in an initialiser, and in all code that it reaches, gives another value at another time or place. */
import { isBuiltin } from 'node:module'
import type * as acorn from 'acorn'
import { assignments } from './assignments.ts'
import { changedBy, type Root } from './changes.ts'
import { type Code, codeOf } from './given-code.ts'
import { importedDeclaration } from './imported-declaration.ts'
import { changesOf } from './object-changes.ts'
import { declaringNode, type Program, positionAt } from './program.ts'
import { type Binding, indexOf, propertyName } from './program-index.ts'
import { RunsLater } from './runs-later.ts'
import { positionText } from './source-position.ts'
import { type ClassNode, isClass, isFunction, type SyntaxNode, walk } from './syntax.ts'

const IMPURE_GLOBALS = new Set(['process', 'performance', 'crypto', 'fetch', 'navigator'])
const PURE_BUILTINS = /^(?:node:)?(?:path|url|util|buffer|querystring|string_decoder|assert|punycode)(?:\/|$)/

type Method = ClassNode['body']['body'][number]

/** What in an initialiser gives another value at another time or place; undefined when nothing is known to. */
export function impurity(program: Program, init: SyntaxNode): string | undefined {
  const search = new Search(program, { init })
  search.code(init, init)
  return search.found ?? search.changedLater
}

/** What outside of a class its declaration changes, so that declaring it again would do so twice. */
export function changedByDeclaration(program: Program, node: ClassNode): string | undefined {
  const search = new Search(program, { onlyChanges: true })
  search.declaration(node)
  return search.found
}

function isMemberName(node: SyntaxNode, parent: SyntaxNode | null): boolean {
  if (parent?.type === 'MemberExpression') return parent.property === node && !parent.computed
  return parent?.type === 'Property' && parent.key === node && !parent.computed && !parent.shorthand
}

interface SearchOptions {
  /** What is evaluated again, where it is in this program. */
  readonly init?: SyntaxNode | undefined
  /** Whether another value does not matter, only what is changed. */
  readonly onlyChanges?: boolean
  /** Code of other files that was reached before. */
  readonly others?: Set<SyntaxNode>
}

class Search {
  found: string | undefined
  /** What may have been changed since, unless something is found that tells more. */
  changedLater: string | undefined
  private readonly program: Program
  private readonly options: SearchOptions
  private readonly seen = new Set<SyntaxNode>()
  private readonly classes = new Set<ClassNode>()
  private readonly variables = new Set<string>()
  private readonly others: Set<SyntaxNode>
  /** Names of members that reached code uses. */
  private readonly members = new Set<string>()
  /** Methods of reached classes by name: whether any of them is called is not known yet. */
  private readonly methods: { readonly name: string; readonly method: Method; readonly root: SyntaxNode }[] =
    []

  constructor(program: Program, options: SearchOptions) {
    this.program = program
    this.options = options
    this.others = options.others ?? new Set()
  }

  /** Says that reached code is another value at another time or place. */
  private differs(reason: string): void {
    if (this.options.onlyChanges !== true) this.found ??= reason
  }

  private changes(what: string): void {
    this.found ??= `${what}, which it changes`
  }

  /** What runs when a class is declared; its instances are not made by that. */
  declaration(node: ClassNode): void {
    this.classes.add(node)
    for (const member of node.body.body) {
      if (member.type === 'StaticBlock') this.code(member, node)
      else {
        if (member.computed) this.code(member.key, node)
        const isValue = member.type === 'PropertyDefinition' && member.static
        if (isValue && member.value && !isFunction(member.value)) this.code(member.value, node)
      }
    }
  }

  /** `root` is the outermost piece of reached code that `node` is in: what is declared inside is made anew. */
  code(node: SyntaxNode, root: SyntaxNode, isStatic = false): void {
    if (this.found !== undefined || this.seen.has(node)) return
    this.seen.add(node)
    walk(node, (inner, parent) => {
      if (this.found !== undefined) return false
      if (isClass(inner)) {
        this.classCode(inner, root)
        return false
      }
      this.own(inner)
      for (const change of changedBy(inner)) this.change(change, root, isStatic)
      if (inner.type === 'PrivateIdentifier') this.member(`#${inner.name}`)
      if (inner.type === 'Identifier') {
        if (isMemberName(inner, parent)) this.member(inner.name)
        else this.name(inner, root)
      }
      return true
    })
  }

  /** What runs when the class is made, or an instance of it; its other methods only where their names are used. */
  private classCode(node: ClassNode, root: SyntaxNode): void {
    if (this.classes.has(node)) return
    this.classes.add(node)
    if (node.superClass) this.code(node.superClass, root)
    for (const member of node.body.body) {
      if (member.type === 'StaticBlock') {
        // What it sets in its class, it sets again.
        this.code(member, root)
        continue
      }
      if (member.computed) this.code(member.key, root)
      const { key, value } = member
      const name = key.type === 'PrivateIdentifier' ? `#${key.name}` : 'name' in key ? key.name : undefined
      const always = member.type === 'PropertyDefinition' || member.kind === 'constructor'
      if (!value) continue
      // A public static field of a class that is copied is copied too.
      if (member.type === 'PropertyDefinition' && member.static && node === root && 'name' in key)
        if (key.type !== 'PrivateIdentifier') continue
      if (always || name === undefined || this.members.has(name)) this.code(value, root, member.static)
      else this.methods.push({ name, method: member, root })
    }
  }

  private member(name: string): void {
    if (this.members.has(name)) return
    this.members.add(name)
    for (const { name: own, method, root } of this.methods) {
      if (own === name && method.type !== 'StaticBlock' && method.value)
        this.code(method.value, root, method.static)
    }
  }

  /** Expressions that are another value by themselves. */
  private own(node: SyntaxNode): void {
    if (node.type === 'AwaitExpression' && node.argument.type !== 'ImportExpression') this.differs('await')
    if (node.type === 'NewExpression' && node.arguments.length === 0) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date') this.differs('new Date()')
    }
    if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return
    if (node.property.type !== 'Identifier') return
    const path = `${node.object.name}.${node.property.name}`
    if (path === 'Date.now' || path === 'Math.random') this.differs(path)
  }

  private change({ node, names }: Root, root: SyntaxNode, isStatic: boolean): void {
    if (this.found !== undefined) return
    if (node.type === 'ThisExpression') {
      if (isStatic || names[0] === 'constructor') this.changes('its class')
      return
    }
    if (node.type !== 'Identifier') return
    const declaring = declaringNode(this.program, node, node.name)
    if (declaring === undefined || this.isInside(declaring, root, node)) return
    // A method of a package that is named so, such as `_.fill`, changes no object of the package.
    if (declaring.type === 'Program' && this.isOfPackage(node.name)) return
    this.changes(node.name)
  }

  private isOfPackage(name: string): boolean {
    const from = this.program.imports.get(name)
    return from !== undefined && !/^[.#/]/.test(from.specifier)
  }

  private isInside(declaring: SyntaxNode, root: SyntaxNode, use: SyntaxNode): boolean {
    // Inside a class its name is its own; the class is what is declared around it.
    if (isClass(declaring) && declaring === root) return this.isInStaticBlock(declaring, use)
    return declaring.start >= root.start && declaring.end <= root.end && declaring.type !== 'Program'
  }

  private isInStaticBlock(node: ClassNode, use: SyntaxNode): boolean {
    return node.body.body.some(
      one => one.type === 'StaticBlock' && one.start <= use.start && one.end >= use.end,
    )
  }

  private name(node: acorn.Identifier, root: SyntaxNode): void {
    const { name } = node
    const declaring = declaringNode(this.program, node, name)
    if (declaring === undefined) {
      if (IMPURE_GLOBALS.has(name)) this.differs(name)
      return
    }
    if (this.isInside(declaring, root, node)) return
    if (declaring.type === 'Program') {
      const imported = this.program.imports.get(name)
      if (imported !== undefined && isBuiltin(imported.specifier) && !PURE_BUILTINS.test(imported.specifier))
        this.differs(`module ${imported.specifier}`)
      this.otherFile(name)
      if (this.isOfPackage(name)) return
    }
    if (changesOf(this.program).ofUse(node)) this.changes(name)
    this.later(node)
    const binding = indexOf(this.program).binding(node)
    const given = binding === undefined ? [] : codeOf(this.program, binding)
    for (const code of given) this.reach(code)
    if (binding !== undefined && given.length === 0) this.receiver(node, binding)
  }

  /** The methods that are called on what is not made here: of its class, or of whatever has one of that name. */
  private receiver(node: SyntaxNode, binding: Binding): void {
    const index = indexOf(this.program)
    const classes = index.classesOf(binding)
    const isItsOwn = (fn: SyntaxNode): boolean => {
      const owner = index.around(fn).find(isClass)
      return classes.length === 0 || (owner !== undefined && classes.includes(owner))
    }
    for (let one = index.parent(node); one?.type === 'MemberExpression'; one = index.parent(one)) {
      const method = propertyName(one.property, one.computed)
      for (const { fn } of method === undefined ? [] : index.methods(method)) {
        if (isItsOwn(fn)) this.code(fn, fn)
      }
    }
  }

  /** What a variable holds must be now what it was when the initialiser ran. */
  private later(node: acorn.Identifier): void {
    const index = indexOf(this.program)
    const binding = index.binding(node)
    if (binding === undefined || this.found !== undefined || this.options.onlyChanges === true) return
    // A function or class is copied as code: what it holds matters only where it is read.
    const parent = index.parent(node)
    const isRead = parent?.type === 'MemberExpression' && parent.object === node
    if (!isRead && index.functionOf(binding) !== undefined) return
    const key = index.key(binding)
    if (this.variables.has(key)) return
    this.variables.add(key)
    const { init } = this.options
    // Another file runs again as a whole: what it does by itself, it does again.
    const counts =
      init === undefined
        ? (place: SyntaxNode): boolean => index.around(place).some(isFunction)
        : new RunsLater(this.program, init, binding).at
    const place =
      assignments(this.program, binding).find(counts) ?? changesOf(this.program).ofVariable(binding, counts)
    if (place === undefined) return
    const where = positionText(positionAt(this.program, place.start))
    this.changedLater ??= `${node.name}, which may be changed after it (${where})`
  }

  /** The code of a file of the user that a name is imported from. */
  private otherFile(name: string): void {
    const other = importedDeclaration(this.program, name)
    if (other !== undefined) this.reach(other)
  }

  private reach({ program, node }: Code): void {
    if (this.found !== undefined) return
    if (program === this.program) {
      this.code(node, node)
      return
    }
    if (this.others.has(node)) return
    this.others.add(node)
    const search = new Search(program, { ...this.options, init: undefined, others: this.others })
    search.code(node, node)
    this.found = search.found
    this.changedLater ??= search.changedLater
  }
}

/** What in an initialiser, and in all code that it reaches, gives another value at another time or place. */
import { isBuiltin } from 'node:module'
import { changedBy, type Root } from './changes.ts'
import { declaratorOf, declaringNode, type Program } from './program.ts'
import {
  type ClassNode,
  children,
  isClass,
  isFunction,
  type SyntaxNode,
  walk,
  withoutExport,
} from './syntax.ts'

const IMPURE_GLOBALS = new Set(['process', 'performance', 'crypto', 'fetch', 'navigator'])
const PURE_BUILTINS = /^(?:node:)?(?:path|url|util|buffer|querystring|string_decoder|assert|punycode)(?:\/|$)/

type Method = ClassNode['body']['body'][number]

/** What in an initialiser gives another value at another time or place; undefined when nothing is known to. */
export function impurity(program: Program, init: SyntaxNode): string | undefined {
  const search = new Search(program)
  search.code(init, init)
  return search.found
}

function isMemberName(node: SyntaxNode, parent: SyntaxNode | null): boolean {
  if (parent?.type === 'MemberExpression') return parent.property === node && !parent.computed
  return parent?.type === 'Property' && parent.key === node && !parent.computed && !parent.shorthand
}

/** The functions and classes in an object that is kept in a constant: its data is copied, its code may be called. */
function codeIn(node: SyntaxNode): SyntaxNode[] {
  if (isFunction(node) || isClass(node)) return [node]
  return node.type === 'ObjectExpression' || node.type === 'Property' ? children(node).flatMap(codeIn) : []
}

class Search {
  found: string | undefined
  private readonly program: Program
  private readonly seen = new Set<SyntaxNode>()
  private readonly classes = new Set<ClassNode>()
  /** Names of members that reached code uses. */
  private readonly members = new Set<string>()
  /** Methods of reached classes by name: whether any of them is called is not known yet. */
  private readonly methods: { readonly name: string; readonly method: Method; readonly root: SyntaxNode }[] =
    []

  constructor(program: Program) {
    this.program = program
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
        else this.name(inner.name, inner, root)
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
    if (node.type === 'AwaitExpression' && node.argument.type !== 'ImportExpression') this.found = 'await'
    if (node.type === 'NewExpression' && node.arguments.length === 0) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date') this.found = 'new Date()'
    }
    if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return
    if (node.property.type !== 'Identifier') return
    const path = `${node.object.name}.${node.property.name}`
    if (path === 'Date.now' || path === 'Math.random') this.found = path
  }

  private change({ node, names }: Root, root: SyntaxNode, isStatic: boolean): void {
    if (this.found !== undefined) return
    if (node.type === 'ThisExpression') {
      if (isStatic || names[0] === 'constructor') this.found = 'its class, which it changes'
      return
    }
    if (node.type !== 'Identifier') return
    const declaring = declaringNode(this.program, node, node.name)
    if (declaring === undefined || this.isInside(declaring, root, node)) return
    const from = this.program.imports.get(node.name)
    // A method of a package that is named so, such as `_.fill`, changes no object of the package.
    if (declaring.type === 'Program' && from !== undefined && !/^[.#]/.test(from.specifier)) return
    this.found = `${node.name}, which it changes`
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

  private name(name: string, node: SyntaxNode, root: SyntaxNode): void {
    const declaring = declaringNode(this.program, node, name)
    if (declaring === undefined) {
      if (IMPURE_GLOBALS.has(name)) this.found = name
      return
    }
    if (this.isInside(declaring, root, node)) return
    if (declaring.type === 'Program') {
      const imported = this.program.imports.get(name)
      if (imported !== undefined && isBuiltin(imported.specifier) && !PURE_BUILTINS.test(imported.specifier))
        this.found = `module ${imported.specifier}`
    }
    for (const code of this.declared(declaring, name)) this.code(code, code)
  }

  /** The code that a name outside stands for. */
  private declared(declaring: SyntaxNode, name: string): SyntaxNode[] {
    const block = isFunction(declaring) ? declaring.body : declaring
    const statements = 'body' in block && Array.isArray(block.body) ? (block.body as SyntaxNode[]) : []
    const found = statements
      .map(withoutExport)
      .find(s => (s.type === 'FunctionDeclaration' || s.type === 'ClassDeclaration') && s.id?.name === name)
    if (found !== undefined) return [found]
    const declarator = declaratorOf(declaring, name)?.declarator
    return declarator?.id.type === 'Identifier' && declarator.init ? codeIn(declarator.init) : []
  }
}

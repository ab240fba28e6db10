/** Who stands around whom in a program, where its names are used, and its methods by name: found by one walk. */
import type * as acorn from 'acorn'
import { declaratorOf, declares, type Program } from './program.ts'
import { type ClassNode, type FunctionNode, isClass, isFunction, type SyntaxNode, walk } from './syntax.ts'

/** A variable: what declares it, and its name. */
export interface Binding {
  readonly declaring: SyntaxNode
  readonly name: string
}

export interface Method {
  readonly kind: 'method' | 'get' | 'set'
  readonly fn: FunctionNode
}

/** The name of a property where it is written as one; `#name` of a private one. */
export function propertyName(key: SyntaxNode, computed: boolean): string | undefined {
  if (key.type === 'PrivateIdentifier') return `#${key.name}`
  if (computed) return undefined
  if (key.type === 'Identifier') return key.name
  return key.type === 'Literal' ? String(key.value) : undefined
}

/** Identifiers that name no variable. */
function isLabel(node: SyntaxNode, parent: SyntaxNode | null): boolean {
  switch (parent?.type) {
    case 'MemberExpression':
      return parent.property === node && !parent.computed
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return parent.key === node && !parent.computed
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'ImportSpecifier':
    case 'ExportSpecifier':
      return true
    default:
      return false
  }
}

export class ProgramIndex {
  readonly program: Program
  private readonly parents = new Map<SyntaxNode, SyntaxNode>()
  private readonly names = new Map<string, SyntaxNode[]>()
  /** Name → what declares it → where it is used, found when the name is first asked for. */
  private readonly usesByName = new Map<string, Map<SyntaxNode, SyntaxNode[]>>()
  private readonly bindings = new Map<SyntaxNode, Binding | undefined>()
  private readonly members = new Map<string, SyntaxNode[]>()
  private readonly methodsByName = new Map<string, Method[]>()
  private readonly receivers = new Map<SyntaxNode, SyntaxNode[]>()
  private readonly functionsByBinding = new Map<string, FunctionNode | ClassNode>()
  private readonly ids = new Map<SyntaxNode, number>()

  constructor(program: Program) {
    this.program = program
    const receivers: SyntaxNode[] = []
    walk(program.tree, (node, parent) => {
      if (parent !== null) this.parents.set(node, parent)
      if (node.type === 'Identifier' && !isLabel(node, parent)) add(this.names, node.name, node)
      if (node.type === 'ThisExpression' || node.type === 'Super') receivers.push(node)
      if (node.type === 'MemberExpression') {
        const name = propertyName(node.property, node.computed)
        if (name !== undefined) add(this.members, name, node)
      }
      this.method(node)
    })
    for (const node of receivers) {
      const owner = this.receiverOf(node)
      if (owner !== undefined) add(this.receivers, owner, node)
    }
  }

  private method(node: SyntaxNode): void {
    if (node.type !== 'Property' && node.type !== 'MethodDefinition' && node.type !== 'PropertyDefinition')
      return
    const name = propertyName(node.key, node.computed)
    if (name === undefined || !node.value || !isFunction(node.value)) return
    const written = node.type === 'PropertyDefinition' ? 'method' : node.kind
    const kind = written === 'get' || written === 'set' ? written : 'method'
    add(this.methodsByName, name, { kind, fn: node.value })
  }

  /** The method whose `this` it is. */
  private receiverOf(node: SyntaxNode): SyntaxNode | undefined {
    for (let one = this.parents.get(node); one !== undefined; one = this.parents.get(one)) {
      if (!isFunction(one)) continue
      if (one.type !== 'ArrowFunctionExpression') return one
      if (this.parents.get(one)?.type === 'PropertyDefinition') return one
    }
    return undefined
  }

  parent(node: SyntaxNode): SyntaxNode | undefined {
    return this.parents.get(node)
  }

  /** The nodes around `node`, innermost first. */
  around(node: SyntaxNode): SyntaxNode[] {
    const found: SyntaxNode[] = []
    for (let one = this.parents.get(node); one !== undefined; one = this.parents.get(one)) found.push(one)
    return found
  }

  /** What a name means where it stands; of a class, the same inside of it and outside. */
  binding(node: SyntaxNode): Binding | undefined {
    if (node.type !== 'Identifier') return undefined
    if (!this.bindings.has(node)) this.bindings.set(node, this.findBinding(node))
    return this.bindings.get(node)
  }

  private findBinding(node: acorn.Identifier): Binding | undefined {
    const { name } = node
    let declaring = this.declaring(node, name)
    if (declaring?.type === 'ClassDeclaration' && declaring.id?.name === name)
      declaring = this.declaring(declaring, name)
    return declaring === undefined ? undefined : { declaring, name }
  }

  private declaring(node: SyntaxNode, name: string): SyntaxNode | undefined {
    for (let one = this.parents.get(node); one !== undefined; one = this.parents.get(one))
      if (declares(one, name)) return one
    return undefined
  }

  key({ declaring, name }: Binding): string {
    let id = this.ids.get(declaring)
    if (id === undefined) this.ids.set(declaring, (id = this.ids.size))
    return `${id}:${name}`
  }

  /** All identifiers that mean the variable, its declaration among them. */
  uses({ declaring, name }: Binding): readonly SyntaxNode[] {
    let uses = this.usesByName.get(name)
    if (uses === undefined) {
      uses = new Map()
      this.usesByName.set(name, uses)
      for (const node of this.names.get(name) ?? []) {
        const of = this.binding(node)?.declaring
        if (of !== undefined) add(uses, of, node)
      }
    }
    return uses.get(declaring) ?? []
  }

  /** The accesses `….name`. */
  accesses(name: string): readonly SyntaxNode[] {
    return this.members.get(name) ?? []
  }

  methods(name: string): readonly Method[] {
    return this.methodsByName.get(name) ?? []
  }

  /** `this` and `super` of a method. */
  receiverUses(fn: FunctionNode): readonly SyntaxNode[] {
    return this.receivers.get(fn) ?? []
  }

  /** The function or class that a variable holds by its declaration. */
  functionOf(binding: Binding): FunctionNode | ClassNode | undefined {
    const key = this.key(binding)
    const known = this.functionsByBinding.get(key)
    if (known !== undefined) return known
    for (const use of this.uses(binding)) {
      const parent = this.parents.get(use)
      const found =
        parent?.type === 'VariableDeclarator' && parent.id === use
          ? parent.init
          : parent !== undefined &&
              (isFunction(parent) || isClass(parent)) &&
              'id' in parent &&
              parent.id === use
            ? parent
            : undefined
      if (!found || !(isFunction(found) || isClass(found))) continue
      this.functionsByBinding.set(key, found)
      return found
    }
    return undefined
  }

  /** The class of an instance that the variable is declared with, and those that it extends; none where it is not known. */
  classesOf(binding: Binding): readonly ClassNode[] {
    const found: ClassNode[] = []
    const init = declaratorOf(binding.declaring, binding.name)?.declarator.init
    let maker: SyntaxNode | null | undefined = init?.type === 'NewExpression' ? init.callee : undefined
    while (maker) {
      const of = this.binding(maker)
      const made: FunctionNode | ClassNode | undefined = of === undefined ? undefined : this.functionOf(of)
      // One that is not of this program: its methods may be any.
      if (made === undefined || !isClass(made) || found.includes(made)) return []
      found.push(made)
      maker = made.superClass
    }
    return found
  }
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

const indices = new WeakMap<Program, ProgramIndex>()

export function indexOf(program: Program): ProgramIndex {
  let index = indices.get(program)
  if (index === undefined) indices.set(program, (index = new ProgramIndex(program)))
  return index
}

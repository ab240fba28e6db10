/**
 * Where a program may change an object: directly, or by another name, a parameter, a container, a callback or a method
 * that leads to it. What packages do with an object that they are given, and whose result is used, is not known and
 * taken for reading; everything else that cannot be followed is taken for a change.
 */
import { rootOf, targets } from './changes.ts'
import { ANY, type Fate, Inquiry, type Path, UNTOUCHED } from './inquiry.ts'
import { type Flow, ObjectCalls } from './object-calls.ts'
import { declaratorOf, type Program } from './program.ts'
import { type Binding, indexOf, type ProgramIndex, propertyName } from './program-index.ts'
import { boundIdentifiers, type FunctionNode, isFunction, type SyntaxNode } from './syntax.ts'

/** What leads to itself has no end of paths. */
const LONGEST_PATH = 4

export class ObjectChanges implements Flow {
  private readonly index: ProgramIndex
  private readonly calls: ObjectCalls
  private readonly fates = new Map<string, Fate>()
  /** What has been found on the way to another fate: it lacks what leads back to that one. */
  private readonly provisional = new Map<string, Fate>()
  private depth = 0

  constructor(program: Program) {
    this.index = indexOf(program)
    this.calls = new ObjectCalls(program, this.index, this)
  }

  elsewhere(program: Program): Flow {
    return changesOf(program)
  }

  /** A place that changes what the variable holds, of those that count; assignments to the variable itself are none. */
  ofVariable(binding: Binding, counts: (place: SyntaxNode) => boolean = () => true): SyntaxNode | undefined {
    const inquiry = new Inquiry(counts)
    this.follow(inquiry, binding, [])
    this.followSource(inquiry, binding, [])
    return inquiry.place
  }

  /** Whether what stands around a name, and where that leads to, changes what the name holds. */
  ofUse(node: SyntaxNode): boolean {
    const inquiry = new Inquiry(() => true)
    this.climb(inquiry, node, [])
    return inquiry.place !== undefined
  }

  change(inquiry: Inquiry, place: SyntaxNode): void {
    if (inquiry.place === undefined && inquiry.counts(place)) inquiry.place = place
  }

  private follow(inquiry: Inquiry, binding: Binding, path: Path): void {
    const key = `${this.index.key(binding)}.${path.join('.')}`
    if (inquiry.followed.has(key) || path.length > LONGEST_PATH) return
    inquiry.followed.add(key)
    for (const use of this.index.uses(binding)) {
      if (inquiry.place !== undefined) return
      this.climb(inquiry, use, path)
    }
  }

  /** `const part = whole.part`: what changes the part by the name of the whole. */
  private followSource(inquiry: Inquiry, binding: Binding, path: Path): void {
    const declarator = declaratorOf(binding.declaring, binding.name)?.declarator
    if (declarator?.id.type !== 'Identifier' || !declarator.init) return
    const root = rootOf(declarator.init)
    const source = root === undefined ? undefined : this.index.binding(root.node)
    if (root === undefined || source === undefined) return
    const whole = [...root.names, ...path]
    if (inquiry.followed.has(`${this.index.key(source)}.${whole.join('.')}`)) return
    this.follow(inquiry, source, whole)
    this.followSource(inquiry, source, whole)
  }

  /** Goes up from an expression that leads to the object, to what is done with it. */
  climb(inquiry: Inquiry, node: SyntaxNode, path: Path): void {
    const known = inquiry.seen.get(node) ?? new Set()
    inquiry.seen.set(node, known)
    if (inquiry.place !== undefined || known.has(path.join('.'))) return
    known.add(path.join('.'))
    const parent = this.index.parent(node)
    if (parent === undefined) return
    const up = (by: Path = path): void => this.climb(inquiry, parent, by)
    switch (parent.type) {
      case 'MemberExpression':
        if (parent.object === node) this.member(inquiry, parent, path)
        return
      case 'CallExpression':
      case 'NewExpression':
        if (parent.callee === node) this.calls.called(inquiry, parent, path)
        else this.calls.argument(inquiry, parent, node, path)
        return
      case 'TaggedTemplateExpression':
        if (parent.tag === node) this.calls.called(inquiry, parent, path)
        return
      case 'TemplateLiteral': {
        const outer = this.index.parent(parent)
        if (outer?.type === 'TaggedTemplateExpression') this.calls.unknownCall(inquiry, outer)
        return
      }
      case 'VariableDeclarator':
        if (parent.init === node) this.bind(inquiry, parent.id, path)
        return
      case 'AssignmentExpression':
        if (parent.left === node) {
          this.written(inquiry, node, parent, path)
          return
        }
        this.assign(inquiry, parent.left, path)
        up()
        return
      case 'AssignmentPattern':
        if (parent.right === node) this.bind(inquiry, parent.left, path)
        else this.written(inquiry, node, parent, path)
        return
      case 'UpdateExpression':
      case 'RestElement':
      case 'ArrayPattern':
        this.written(inquiry, node, parent, path)
        return
      case 'UnaryExpression':
        if (parent.operator === 'delete') this.written(inquiry, node, parent, path)
        return
      case 'ForInStatement':
      case 'ForOfStatement':
        if (parent.left === node) this.written(inquiry, node, parent, path)
        else if (parent.right === node && parent.type === 'ForOfStatement') {
          const target =
            parent.left.type === 'VariableDeclaration' ? parent.left.declarations[0]!.id : parent.left
          this.bind(inquiry, target, path.slice(1))
        }
        return
      case 'Property': {
        const outer = this.index.parent(parent)
        if (outer?.type === 'ObjectPattern') this.written(inquiry, node, parent, path)
        else if (outer !== undefined && parent.value === node)
          this.climb(inquiry, outer, [propertyName(parent.key, parent.computed) ?? ANY, ...path])
        return
      }
      case 'PropertyDefinition':
        if (parent.value === node) inquiry.kept = true
        return
      case 'ArrayExpression':
        up([ANY, ...path])
        return
      case 'SpreadElement': {
        const outer = this.index.parent(parent)
        // A copy: its members are those of the object.
        if (outer?.type === 'ArrayExpression' || outer?.type === 'ObjectExpression')
          this.climb(inquiry, outer, [ANY, ...path.slice(1)])
        return
      }
      case 'ConditionalExpression':
        if (parent.test !== node) up()
        return
      case 'SequenceExpression':
        if (parent.expressions.at(-1) === node) up()
        return
      case 'LogicalExpression':
      case 'AwaitExpression':
      case 'ChainExpression':
        up()
        return
      case 'YieldExpression':
      case 'ReturnStatement':
        this.returned(
          inquiry,
          this.functionAround(parent),
          parent.type === 'YieldExpression' ? [ANY, ...path] : path,
        )
        return
      case 'ArrowFunctionExpression':
        if (parent.body === node) this.returned(inquiry, parent, path)
        return
      default:
    }
  }

  private functionAround(node: SyntaxNode): FunctionNode | undefined {
    return this.index.around(node).find(isFunction)
  }

  /** The expression is a target that is written to: a change where it is a member of the object. */
  private written(inquiry: Inquiry, node: SyntaxNode, place: SyntaxNode, path: Path): void {
    if (node.type === 'MemberExpression' && path.length === 0) this.change(inquiry, place)
  }

  /** `….name` of something that leads to the object. */
  private member(inquiry: Inquiry, member: SyntaxNode & { type: 'MemberExpression' }, path: Path): void {
    const name = propertyName(member.property, member.computed)
    for (const { kind, fn } of name === undefined ? [] : this.index.methods(name)) {
      if (kind === 'get' && this.fateOf(fn, 'this').changed) this.change(inquiry, member)
    }
    const parent = this.index.parent(member)
    const isCall = parent?.type === 'CallExpression' && parent.callee === member
    if (isCall && name !== undefined) {
      this.calls.methodCall(inquiry, parent, name, path)
      return
    }
    const isTarget = parent !== undefined && this.isTarget(member, parent)
    const [first, ...rest] = path
    if (first === undefined) this.climb(inquiry, member, [])
    else if (isTarget && rest.length === 0)
      return // another object takes its place
    else if (first === ANY || name === undefined || first === name) this.climb(inquiry, member, rest)
  }

  private isTarget(node: SyntaxNode, parent: SyntaxNode): boolean {
    switch (parent.type) {
      case 'AssignmentExpression':
        return parent.left === node
      case 'UpdateExpression':
        return true
      case 'UnaryExpression':
        return parent.operator === 'delete'
      default:
        return false
    }
  }

  fateOf(fn: FunctionNode, of: 'this' | number): Fate {
    const key = `${this.index.key({ declaring: fn, name: '' })}:${of}`
    const found = this.fates.get(key) ?? this.provisional.get(key)
    if (found !== undefined) return found
    this.provisional.set(key, UNTOUCHED)
    this.depth++
    const inquiry = new Inquiry(() => true, fn)
    if (of === 'this') for (const use of this.index.receiverUses(fn)) this.climb(inquiry, use, [])
    else {
      const parameter = fn.params[of] ?? fn.params.at(-1)
      if (parameter !== undefined && (of < fn.params.length || parameter.type === 'RestElement'))
        this.bind(inquiry, parameter, parameter.type === 'RestElement' ? [ANY] : [])
    }
    const fate: Fate = {
      changed: inquiry.place !== undefined,
      returned: inquiry.returned,
      kept: inquiry.kept,
    }
    this.provisional.set(key, fate)
    if (--this.depth > 0) return fate
    this.provisional.clear()
    this.fates.set(key, fate)
    return fate
  }

  /** A pattern that takes the object, or what leads to it, apart. */
  bind(inquiry: Inquiry, pattern: SyntaxNode, path: Path): void {
    if (pattern.type === 'Identifier') {
      const binding = this.index.binding(pattern)
      if (binding !== undefined) this.follow(inquiry, binding, path)
      return
    }
    if (pattern.type === 'MemberExpression') {
      this.assign(inquiry, pattern, path)
      return
    }
    if (pattern.type === 'AssignmentPattern') this.bind(inquiry, pattern.left, path)
    else for (const { node } of boundIdentifiers(pattern)) this.bind(inquiry, node, path.slice(1))
  }

  /** What leads to the object is put into a variable or into another object. */
  private assign(inquiry: Inquiry, target: SyntaxNode, path: Path): void {
    for (const one of targets(target)) {
      if (one.type === 'Identifier') this.bind(inquiry, one, target === one ? path : path.slice(1))
      else if (one.type === 'MemberExpression')
        this.store(inquiry, one.object, [propertyName(one.property, one.computed) ?? ANY, ...path])
    }
  }

  /** Another object leads to it from now on. */
  store(inquiry: Inquiry, holder: SyntaxNode, path: Path): void {
    const root = rootOf(holder)
    if (root === undefined) return
    if (root.node.type === 'ThisExpression') {
      inquiry.kept = true
      return
    }
    const binding = this.index.binding(root.node)
    if (binding !== undefined) this.follow(inquiry, binding, [...root.names, ...path])
  }

  /** What a function returns leads to the object, and so do all calls of it. */
  private returned(inquiry: Inquiry, fn: FunctionNode | undefined, path: Path): void {
    if (fn === undefined) return
    if (fn === inquiry.inside) {
      inquiry.returned = true
      return
    }
    const parent = this.index.parent(fn)
    if (parent?.type === 'CallExpression') {
      if (parent.callee === fn) this.climb(inquiry, parent, path)
      else if (parent.arguments.includes(fn as (typeof parent.arguments)[number]))
        this.climb(inquiry, parent, [ANY, ...path])
      return
    }
    const name =
      fn.type === 'FunctionDeclaration'
        ? fn.id
        : parent?.type === 'VariableDeclarator'
          ? parent.id
          : undefined
    const binding = name ? this.index.binding(name) : undefined
    if (binding !== undefined) this.follow(inquiry, binding, ['()', ...path])
    if (parent === undefined || !('key' in parent) || !('computed' in parent)) return
    const method = propertyName(parent.key, parent.computed)
    for (const access of method === undefined ? [] : this.index.accesses(method)) {
      const call = this.index.parent(access)
      const isCalled = call?.type === 'CallExpression' && call.callee === access
      this.climb(inquiry, isCalled ? call : access, path)
    }
  }
}

const known = new WeakMap<Program, ObjectChanges>()

export function changesOf(program: Program): ObjectChanges {
  let changes = known.get(program)
  if (changes === undefined) known.set(program, (changes = new ObjectChanges(program)))
  return changes
}

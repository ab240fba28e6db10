/**
 * Where a program may change an object: directly, or by another name, a parameter, a container, a callback or a method
 * that leads to it. What packages do with an object that they are given, and whose result is used, is not known and
 * taken for reading; everything else that cannot be followed is taken for a change.
 */
import { pathToFileURL } from 'node:url'
import { changesFirst, isChangingMethod, methodOf, rootOf, targets } from './changes.ts'
import { exportedBinding } from './exported-binding.ts'
import { scriptOfUrl } from './inspect.ts'
import { isPackageFile, targetFile } from './origin.ts'
import { declaratorOf, type Program, programOf } from './program.ts'
import { type Binding, indexOf, type ProgramIndex, propertyName } from './program-index.ts'
import { boundIdentifiers, type FunctionNode, isClass, isFunction, type SyntaxNode } from './syntax.ts'

/** The members that lead from a value to the object, outermost first; empty where it is the object or a part of it. */
type Path = readonly string[]

/** A member that is not known by name. */
const ANY = '*'

/** What becomes of an object in a function that is given it. */
interface Fate {
  readonly changed: boolean
  /** What the function returns leads to it. */
  readonly returned: boolean
  /** The receiver leads to it afterwards. */
  readonly kept: boolean
}

const UNTOUCHED: Fate = { changed: false, returned: false, kept: false }

/** Their results are members of the receiver. */
const MEMBER_METHODS = new Set(['get', 'at', 'pop', 'shift', 'find', 'findLast', 'reduce', 'reduceRight'])
/** Their results are collections of members of the receiver. */
const LIST_METHODS = new Set([
  ...['filter', 'slice', 'concat', 'toSorted', 'toReversed', 'toSpliced', 'with', 'flat', 'splice'],
  ...['values', 'entries', 'keys'],
])
/** Their arguments become members of the receiver. */
const STORING_METHODS = new Set(['push', 'unshift', 'set', 'add', 'fill', 'splice', 'concat'])
/** What is called for what it says or throws, not for what it changes. */
const SAYING =
  /^(?:forEach|parse|parseAsync|safeParse|assert|validate|validateSync|test|check|toString|compare|format)$/
/** Globals whose functions change nothing that they are given. */
const HARMLESS_GLOBALS = new Set(['console', 'Math', 'JSON', 'Number', 'String', 'Boolean', 'BigInt', 'Intl'])

/** The first place that an inquiry found, and what it has followed so far. */
class Inquiry {
  place: SyntaxNode | undefined
  returned = false
  kept = false
  readonly followed = new Set<string>()
  readonly seen = new Map<SyntaxNode, Set<string>>()
  /** Whether a change at a place matters. */
  readonly counts: (place: SyntaxNode) => boolean
  /** The function whose returned values are asked for. */
  readonly inside: FunctionNode | undefined

  constructor(counts: (place: SyntaxNode) => boolean, inside?: FunctionNode) {
    this.counts = counts
    this.inside = inside
  }
}

export class ObjectChanges {
  private readonly program: Program
  private readonly index: ProgramIndex
  private readonly fates = new Map<string, Fate>()

  constructor(program: Program) {
    this.program = program
    this.index = indexOf(program)
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

  private change(inquiry: Inquiry, place: SyntaxNode): void {
    if (inquiry.place === undefined && inquiry.counts(place)) inquiry.place = place
  }

  private follow(inquiry: Inquiry, binding: Binding, path: Path): void {
    const key = `${this.index.key(binding)}.${path.join('.')}`
    // What leads to itself has no end of paths.
    if (inquiry.followed.has(key) || path.length > 4) return
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
  private climb(inquiry: Inquiry, node: SyntaxNode, path: Path): void {
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
        if (parent.callee === node) this.called(inquiry, parent, path)
        else this.argument(inquiry, parent, node, path)
        return
      case 'TaggedTemplateExpression':
        if (parent.tag === node) this.called(inquiry, parent, path)
        return
      case 'TemplateLiteral': {
        const outer = this.index.parent(parent)
        if (outer?.type === 'TaggedTemplateExpression') this.unknownCall(inquiry, outer)
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
      this.methodCall(inquiry, parent, name, path)
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

  /** A method of something that leads to the object. */
  private methodCall(
    inquiry: Inquiry,
    call: SyntaxNode & { type: 'CallExpression' },
    name: string,
    path: Path,
  ): void {
    const own = this.index.methods(name).filter(({ kind }) => kind === 'method')
    for (const { fn } of own) {
      const fate = this.fateOf(fn, 'this')
      if (fate.changed) this.change(inquiry, call)
      if (fate.returned) this.climb(inquiry, call, path)
    }
    if (isChangingMethod(name) && path.length === 0) this.change(inquiry, call)
    else if (
      own.length === 0 &&
      !isChangingMethod(name) &&
      path.length === 0 &&
      !SAYING.test(name) &&
      this.isDropped(call)
    )
      this.change(inquiry, call)
    for (const given of call.arguments) {
      const fn = this.functionIn(given)
      for (const parameter of fn?.params ?? []) this.bind(inquiry, parameter, path.slice(1))
    }
    if (MEMBER_METHODS.has(name)) this.climb(inquiry, call, path.slice(1))
    else if (LIST_METHODS.has(name)) this.climb(inquiry, call, path.length === 0 ? [ANY] : path)
  }

  /** The function of this program that an expression gives. */
  private functionIn(node: SyntaxNode): FunctionNode | undefined {
    if (isFunction(node)) return node
    const binding = this.index.binding(node)
    const found = binding === undefined ? undefined : this.index.functionOf(binding)
    return found !== undefined && isFunction(found) ? found : undefined
  }

  /** Whether nobody uses what a call gives, so that it is there for what it does. */
  private isDropped(call: SyntaxNode): boolean {
    let node = call
    for (;;) {
      const parent = this.index.parent(node)
      if (parent === undefined) return false
      if (parent.type === 'ExpressionStatement') return true
      const isChained = parent.type === 'MemberExpression' && parent.object === node
      const isPassed =
        parent.type === 'AwaitExpression' ||
        parent.type === 'ChainExpression' ||
        (parent.type === 'CallExpression' && parent.callee === node) ||
        (parent.type === 'UnaryExpression' && parent.operator === 'void')
      if (!isChained && !isPassed) return false
      node = parent
    }
  }

  /** The object is called itself: a function that changes its own properties is not looked for. */
  private called(inquiry: Inquiry, call: SyntaxNode, path: Path): void {
    // `get().shift()`, where `get` is a function whose values lead to the object.
    const [first, ...rest] = path
    if (first === '()') this.climb(inquiry, call, rest)
  }

  private argument(
    inquiry: Inquiry,
    call: SyntaxNode & { type: 'CallExpression' | 'NewExpression' },
    node: SyntaxNode,
    path: Path,
  ): void {
    const position = call.arguments.indexOf(node as (typeof call.arguments)[number])
    if (position === -1) return
    const { callee } = call
    if (call.type === 'NewExpression') {
      const made = this.classOf(callee)
      if (made === undefined) return // of the language or of a package
      // An instance may keep what it was given, under whatever name.
      if (made !== null && this.fateOf(made, position).changed) this.change(inquiry, call)
      this.climb(inquiry, call, [ANY, ...path])
      return
    }
    const method = methodOf(call)
    if (method !== undefined && callee.type === 'MemberExpression') {
      this.methodArgument(inquiry, call, { callee, method, position, path })
      return
    }
    if (isFunction(callee)) {
      this.given(inquiry, call, this.fateOf(callee, position), path)
      return
    }
    const fate = this.fateOfCall(callee, position)
    if (fate === undefined) this.unknownCall(inquiry, call)
    else this.given(inquiry, call, fate, path)
  }

  private given(inquiry: Inquiry, call: SyntaxNode, fate: Fate, path: Path): void {
    if (fate.changed) this.change(inquiry, call)
    if (fate.returned) this.climb(inquiry, call, path)
  }

  private methodArgument(
    inquiry: Inquiry,
    call: SyntaxNode & { type: 'CallExpression' },
    {
      callee,
      method,
      position,
      path,
    }: {
      readonly callee: SyntaxNode & { type: 'MemberExpression' }
      readonly method: string
      readonly position: number
      readonly path: Path
    },
  ): void {
    const { object } = callee
    const isGlobal = object.type === 'Identifier' && this.index.binding(object) === undefined
    if (isGlobal && (object.name === 'Object' || object.name === 'Reflect' || object.name === 'Array')) {
      if (position === 0 && path.length === 0 && changesFirst(method)) this.change(inquiry, call)
      if (method === 'assign' || method === 'freeze' || method === 'seal') this.climb(inquiry, call, path)
      else if (/^(?:values|entries|from|fromEntries|of)$/.test(method))
        this.climb(inquiry, call, [ANY, ...path.slice(1)])
      return
    }
    if (isGlobal && object.name === 'Promise') this.climb(inquiry, call, path)
    if (isGlobal && HARMLESS_GLOBALS.has(object.name)) return
    const own = this.index.methods(method).filter(({ kind }) => kind === 'method')
    for (const { fn } of own) {
      const fate = this.fateOf(fn, position)
      this.given(inquiry, call, fate, path)
      if (fate.kept) this.store(inquiry, object, [ANY, ...path])
    }
    if (STORING_METHODS.has(method)) this.store(inquiry, object, [ANY, ...path])
    // `names.sort(collator.compare)`: collections of the language change nothing that they are given.
    else if (own.length === 0 && !isChangingMethod(method) && !SAYING.test(method))
      this.unknownCall(inquiry, call)
  }

  /** A function that cannot be looked into: what it gives is used, or else it is there for what it does. */
  private unknownCall(inquiry: Inquiry, call: SyntaxNode): void {
    if (this.isDropped(call)) this.change(inquiry, call)
  }

  /** The constructor of a class of this program; null where it has none, undefined for another class. */
  private classOf(callee: SyntaxNode): FunctionNode | null | undefined {
    const binding = this.index.binding(callee)
    const found = isClass(callee)
      ? callee
      : binding === undefined
        ? undefined
        : this.index.functionOf(binding)
    if (found === undefined || !isClass(found)) return undefined
    const made = found.body.body.find(one => one.type === 'MethodDefinition' && one.kind === 'constructor')
    return made?.type === 'MethodDefinition' ? made.value : null
  }

  /** What becomes of an argument of a function that is known, here or in another file of the user. */
  private fateOfCall(callee: SyntaxNode, position: number): Fate | undefined {
    const fn = this.functionIn(callee)
    if (fn !== undefined) return this.fateOf(fn, position)
    const other = callee.type === 'Identifier' ? importedFunction(this.program, callee.name) : undefined
    return other === undefined ? undefined : changesOf(other.program).fateOf(other.fn, position)
  }

  /** What a function does with its receiver, or with an argument. */
  fateOf(fn: FunctionNode, of: 'this' | number): Fate {
    const key = `${this.index.key({ declaring: fn, name: '' })}:${of}`
    const known = this.fates.get(key)
    if (known !== undefined) return known
    this.fates.set(key, UNTOUCHED) // of a function that calls itself
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
    this.fates.set(key, fate)
    return fate
  }

  /** A pattern that takes the object, or what leads to it, apart. */
  private bind(inquiry: Inquiry, pattern: SyntaxNode, path: Path): void {
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
  private store(inquiry: Inquiry, holder: SyntaxNode, path: Path): void {
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

/** The function that a name of another file of the user stands for. */
export function importedFunction(
  program: Program,
  name: string,
): { readonly program: Program; readonly fn: FunctionNode } | undefined {
  const found = importedDeclaration(program, name)
  return found !== undefined && isFunction(found.node)
    ? { program: found.program, fn: found.node }
    : undefined
}

/** The function or class that a name of another file of the user stands for. */
export function importedDeclaration(
  program: Program,
  name: string,
): { readonly program: Program; readonly node: SyntaxNode } | undefined {
  const imported = program.imports.get(name)
  const file = imported === undefined ? null : targetFile(imported.specifier, program.file)
  if (imported === undefined || file === null || isPackageFile(file)) return undefined
  const script = scriptOfUrl(pathToFileURL(file).href)
  if (script === undefined || !script.isModule) return undefined
  const other = programOf(script.scriptId)
  const binding = exportedBinding(other, imported.name)
  const node = binding === undefined ? undefined : indexOf(other).functionOf(binding)
  return node === undefined ? undefined : { program: other, node }
}

const known = new WeakMap<Program, ObjectChanges>()

export function changesOf(program: Program): ObjectChanges {
  let changes = known.get(program)
  if (changes === undefined) known.set(program, (changes = new ObjectChanges(program)))
  return changes
}

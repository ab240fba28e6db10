/** What calls do with an object: as their receiver, as an argument, and by what they give back. */
import {
  changesFirst,
  HARMLESS_GLOBALS,
  isChangingMethod,
  LIST_METHODS,
  MEMBER_METHODS,
  methodOf,
  SAYING,
  STORING_METHODS,
} from './changes.ts'
import { importedFunction } from './imported-declaration.ts'
import { ANY, type Fate, type Inquiry, type Path } from './inquiry.ts'
import type { Program } from './program.ts'
import type { ProgramIndex } from './program-index.ts'
import { type FunctionNode, isClass, isFunction, type SyntaxNode } from './syntax.ts'

/** Where an object goes from a call. */
export interface Flow {
  /** Notes that the place changes the object. */
  change(inquiry: Inquiry, place: SyntaxNode): void
  /** Goes on from an expression that leads to the object. */
  climb(inquiry: Inquiry, node: SyntaxNode, path: Path): void
  /** A pattern takes it. */
  bind(inquiry: Inquiry, pattern: SyntaxNode, path: Path): void
  /** `holder` leads to it from now on. */
  store(inquiry: Inquiry, holder: SyntaxNode, path: Path): void
  /** What a function does with its receiver, or with an argument. */
  fateOf(fn: FunctionNode, of: 'this' | number): Fate
  /** The same of another file. */
  elsewhere(program: Program): Flow
}

export class ObjectCalls {
  private readonly program: Program
  private readonly index: ProgramIndex
  private readonly flow: Flow

  constructor(program: Program, index: ProgramIndex, flow: Flow) {
    this.program = program
    this.index = index
    this.flow = flow
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

  /** A method of something that leads to the object. */
  methodCall(
    inquiry: Inquiry,
    call: SyntaxNode & { type: 'CallExpression' },
    name: string,
    path: Path,
  ): void {
    const own = this.index.methods(name).filter(({ kind }) => kind === 'method')
    for (const { fn } of own) {
      const fate = this.flow.fateOf(fn, 'this')
      if (fate.changed) this.flow.change(inquiry, call)
      if (fate.returned) this.flow.climb(inquiry, call, path)
    }
    if (isChangingMethod(name) && path.length === 0) this.flow.change(inquiry, call)
    else if (
      own.length === 0 &&
      !isChangingMethod(name) &&
      path.length === 0 &&
      !SAYING.test(name) &&
      this.isDropped(call)
    )
      this.flow.change(inquiry, call)
    for (const given of call.arguments) {
      const fn = this.functionIn(given)
      for (const parameter of fn?.params ?? []) this.flow.bind(inquiry, parameter, path.slice(1))
    }
    if (MEMBER_METHODS.has(name)) this.flow.climb(inquiry, call, path.slice(1))
    else if (LIST_METHODS.has(name)) this.flow.climb(inquiry, call, path.length === 0 ? [ANY] : path)
  }

  /** The object is called itself: a function that changes its own properties is not looked for. */
  called(inquiry: Inquiry, call: SyntaxNode, path: Path): void {
    // `get().shift()`, where `get` is a function whose values lead to the object.
    const [first, ...rest] = path
    if (first === '()') this.flow.climb(inquiry, call, rest)
  }

  argument(
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
      if (made !== null && this.flow.fateOf(made, position).changed) this.flow.change(inquiry, call)
      this.flow.climb(inquiry, call, [ANY, ...path])
      return
    }
    const method = methodOf(call)
    if (method !== undefined && callee.type === 'MemberExpression') {
      this.methodArgument(inquiry, call, { callee, method, position, path })
      return
    }
    if (isFunction(callee)) {
      this.given(inquiry, call, this.flow.fateOf(callee, position), path)
      return
    }
    const fate = this.fateOfCall(callee, position)
    if (fate === undefined) this.unknownCall(inquiry, call)
    else this.given(inquiry, call, fate, path)
  }

  private given(inquiry: Inquiry, call: SyntaxNode, fate: Fate, path: Path): void {
    if (fate.changed) this.flow.change(inquiry, call)
    if (fate.returned) this.flow.climb(inquiry, call, path)
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
      if (position === 0 && path.length === 0 && changesFirst(method)) this.flow.change(inquiry, call)
      if (method === 'assign' || method === 'freeze' || method === 'seal')
        this.flow.climb(inquiry, call, path)
      else if (/^(?:values|entries|from|fromEntries|of)$/.test(method))
        this.flow.climb(inquiry, call, [ANY, ...path.slice(1)])
      return
    }
    if (isGlobal && object.name === 'Promise') this.flow.climb(inquiry, call, path)
    if (isGlobal && HARMLESS_GLOBALS.has(object.name)) return
    const own = this.index.methods(method).filter(({ kind }) => kind === 'method')
    for (const { fn } of own) {
      const fate = this.flow.fateOf(fn, position)
      this.given(inquiry, call, fate, path)
      if (fate.kept) this.flow.store(inquiry, object, [ANY, ...path])
    }
    if (STORING_METHODS.has(method)) this.flow.store(inquiry, object, [ANY, ...path])
    // `names.sort(collator.compare)`: collections of the language change nothing that they are given.
    else if (own.length === 0 && !isChangingMethod(method) && !SAYING.test(method))
      this.unknownCall(inquiry, call)
  }

  /** A function that cannot be looked into: what it gives is used, or else it is there for what it does. */
  unknownCall(inquiry: Inquiry, call: SyntaxNode): void {
    if (this.isDropped(call)) this.flow.change(inquiry, call)
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
    if (fn !== undefined) return this.flow.fateOf(fn, position)
    const other = callee.type === 'Identifier' ? importedFunction(this.program, callee.name) : undefined
    return other === undefined ? undefined : this.flow.elsewhere(other.program).fateOf(other.fn, position)
  }
}

/** Functions to source: their text as it stands, with the variables around them under their new names. */
import type { UserFunction } from '../../planner/index.ts'
import type { Capture } from './capture.ts'
import { unreadableForm } from './driver-form.ts'
import { freeNames } from './free-names.ts'
import { type Inspected, inspectFunction, isBound, scriptOf } from './inspect.ts'
import { builtinExport } from './known-values.ts'
import { edited, type Piece } from './module-writer.ts'
import { copyProperties } from './object-value.ts'
import { packageName } from './origin.ts'
import { stringText } from './plain-value.ts'
import {
  type FoundFunction,
  functionAt,
  type Program,
  positionAt,
  programOf,
  topLevelName,
} from './program.ts'
import { secretIn } from './secrets.ts'
import type { Site } from './site.ts'
import { positionText } from './source-position.ts'
import { children, isClass, isFunction, type SyntaxNode, withoutName } from './syntax.ts'

export interface Located {
  readonly program: Program
  readonly found: FoundFunction
  readonly seen: Inspected
}

const ARROW_HINT = 'pass an arrow function: record => object.method(record)'

function parsed(c: Capture, seen: Inspected): Program {
  try {
    return programOf(seen.scriptId)
  } catch (error) {
    return c.refuse(`its file cannot be parsed: ${(error as Error).message}`, {
      hint: 'compile syntax that Node does not run by itself before running the program',
    })
  }
}

/** Finds the source of a function, or an expression for one that needs none. */
export function locate(c: Capture, fn: UserFunction, text: string): Located | string {
  const seen = inspectFunction(fn)
  if (seen === null || /\{\s*\[native code\]\s*\}$/.test(text)) {
    if (isBound(fn))
      c.refuse(`the receiver of ${fn.name || 'a bound function'} cannot be read`, {
        hint: ARROW_HINT,
        opaque: true,
      })
    return c.refuse(`the native function ${fn.name || 'without a name'} has no source`, {
      hint: 'call it inside an arrow function',
      opaque: true,
    })
  }
  if (scriptOf(seen.scriptId).url.startsWith('node:')) {
    const builtin = builtinExport(fn)
    if (builtin !== undefined) return c.references.import(builtin.specifier, builtin.name, null, '')
    return c.refuse(`${fn.name || 'a function'} is internal to Node`, {
      hint: 'call it inside an arrow function',
      opaque: true,
    })
  }
  const program = parsed(c, seen)
  const form = c.origins.of(program) === 'value' ? unreadableForm(program) : undefined
  if (form !== undefined) {
    c.refuse(`the program that ${fn.name || 'the function'} stands in ${form}`, {
      hint: c.ahead
        ? 'Build it from its own source, the files that the bundler or minifier was given.'
        : 'Run it from its own source; or capture the job ahead with `dunlin build job.ts`, and run what that makes.',
    })
  }
  const found = functionAt(program, seen.line, seen.column, text)
  if (found === null) {
    return c.refuse(`the source of ${fn.name || 'the function'} was not found where it runs`, {
      hint: 'run the program from its own source, not minified or rewritten',
      opaque: true,
    })
  }
  return byReference(c, program, found) ?? { program, found, seen }
}

/** The import of a function that another module declares at its top level. */
function byReference(c: Capture, program: Program, found: FoundFunction): string | undefined {
  const origin = c.origins.of(program)
  if (origin === 'value') return undefined
  const name = found.method === null ? topLevelName(program, found.node) : null
  if (name !== null) return c.references.expose(program.file!, name, program.isModule ? 'esm' : 'cjs')
  if (origin === 'reference') return undefined
  return c.refuse(`a function from inside package ${packageName(program.file!)}`, {
    hint: 'call it by its imported name inside an arrow function',
    opaque: true,
  })
}

/** Pieces around a function's text that give it the name it has. */
function named(fn: UserFunction, located: Located, text: readonly Piece[]): Piece[] {
  const { node, method } = located.found
  const name = stringText(String(fn.name).replace(/^(?:get|set) /, ''))
  const own = isFunction(node) && node.type === 'FunctionExpression' && node.id
  if (method !== null && method.kind !== 'init' && method.kind !== 'method') {
    return [
      `Object.getOwnPropertyDescriptor({ ${method.kind} [${name}]`,
      ...text,
      ` }, ${name}).${method.kind}`,
    ]
  }
  if (method !== null && isFunction(node)) {
    const head = `${node.async ? 'async ' : ''}${node.generator ? '*' : ''}`
    return [`({ ${head}[${name}]`, ...text, ` })[${name}]`]
  }
  // A comma keeps an anonymous function from taking the name of the constant that it is assigned to.
  return own || fn.name === '' ? ['(0, ', ...text, ')'] : [`({ [${name}]: `, ...text, ` })[${name}]`]
}

function checkReceiver(
  c: Capture,
  fn: UserFunction,
  located: Located,
  free: ReturnType<typeof freeNames>,
): void {
  const { node, method } = located.found
  if (free.usesSuper && !isClass(node)) {
    c.refuse('a method that uses `super` outside of its class', { hint: ARROW_HINT, opaque: true })
  }
  if (method?.type === 'MethodDefinition' && hasPrivateName(method)) {
    c.refuse('a method that uses private fields of its class', { hint: ARROW_HINT, opaque: true })
  }
  if (c.roots.has(fn) && free.usesThis && node.type !== 'ArrowFunctionExpression') {
    c.refuse('it uses `this`, but a worker calls it without a receiver', { hint: ARROW_HINT })
  }
}

/** The expression of a function's copy; emits the statements that make it. */
export function functionValue(c: Capture, fn: UserFunction, text: string): string {
  const located = locate(c, fn, text)
  if (typeof located === 'string') {
    c.remember(c.ids, fn, located)
    return located
  }
  const { program, found, seen } = located
  const { node } = found
  const at = positionText(positionAt(program, node.start))
  const id = c.newName('$f')
  c.remember(c.ids, fn, id)
  c.within(
    `${describeFunction(fn)} (${at})`,
    () => {
      const secret = secretIn(text)
      if (secret !== undefined) c.warnOfSecret('a literal', secret)
      const free = freeNames(node)
      checkReceiver(c, fn, located, free)
      const site: Site = { program, node, scopes: seen.scopes, scopesOf: node }
      c.define(id, () => {
        const edits = [...c.rewrite(site, free), ...withoutName(node)]
        return [`const ${id} = `, ...named(fn, located, edited(program, node.start, node.end, edits)), ';']
      })
      copyOwn(c, fn, id)
    },
    at,
  )
  return id
}

function describeFunction(fn: UserFunction): string {
  return fn.name === '' ? 'function' : `function ${fn.name}`
}

/** What the program hung on the function: properties, and the prototype of a constructor function. */
function copyOwn(c: Capture, fn: UserFunction, id: string): void {
  const standard = new Set(['length', 'name', 'prototype', 'arguments', 'caller'])
  copyProperties(c, fn, id, key => standard.has(key), true)
  const prototype: unknown = Object.getOwnPropertyDescriptor(fn, 'prototype')?.value
  if (typeof prototype !== 'object' || prototype === null) return
  c.remember(c.ids, prototype, `${id}.prototype`)
  copyProperties(c, prototype, `${id}.prototype`, key => key === 'constructor', true)
  const parent: unknown = Object.getPrototypeOf(prototype)
  const isGenerator = /Generator/.test(Object.prototype.toString.call(fn))
  if (!isGenerator && parent !== Object.prototype) {
    c.emit(`Object.setPrototypeOf(${id}.prototype, ${c.value(parent, 'its prototype')});`)
  }
}

function hasPrivateName(node: SyntaxNode): boolean {
  return node.type === 'PrivateIdentifier' || children(node).some(hasPrivateName)
}

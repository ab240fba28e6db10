/** Classes to source: the whole declaration, evaluated again, then the present values of its static fields. */
import type { UserFunction } from '../../planner/index.ts'
import type { Capture } from './capture.ts'
import { freeNames } from './free-names.ts'
import { locate } from './function-value.ts'
import { changedByDeclaration } from './impurity.ts'
import { inspectFunction } from './inspect.ts'
import { edited } from './module-writer.ts'
import { stringText } from './plain-value.ts'
import { positionAt } from './program.ts'
import { Refusal } from './refusal.ts'
import type { Site } from './site.ts'
import { positionText } from './source-position.ts'
import { type ClassNode, isClass } from './syntax.ts'

type Property = readonly [key: string | symbol, descriptor: PropertyDescriptor]

function ownProperties(object: object, without: readonly string[]): Property[] {
  return Reflect.ownKeys(object)
    .filter(key => typeof key === 'symbol' || !without.includes(key))
    .map(key => [key, Object.getOwnPropertyDescriptor(object, key)!] as const)
}

/** Whether a function is written inside the class's own text. */
function isInside(
  fn: UserFunction,
  scriptId: string,
  from: number,
  to: number,
  offset: (line: number, column: number) => number,
): boolean {
  const seen = inspectFunction(fn)
  if (seen === null || seen.scriptId !== scriptId) return false
  const at = offset(seen.line, seen.column)
  return at >= from && at <= to
}

/** The expression of a class's copy; emits the statements that make it. */
export function classValue(c: Capture, fn: UserFunction, text: string): string {
  const located = locate(c, fn, text)
  if (typeof located === 'string') {
    c.remember(c.ids, fn, located)
    return located
  }
  const { program, found, seen } = located
  const node = found.node as ClassNode
  if (!isClass(node))
    return c.refuse('a class whose source was not found', { hint: 'import it from a file of its own' })
  const name = fn.name || 'a class without a name'
  const at = positionText(positionAt(program, node.start))
  const offset = (line: number, column: number) => program.lineStarts[line]! + column
  const inside = (f: unknown) =>
    typeof f === 'function' && isInside(f, program.scriptId, node.start, node.end, offset)

  const checkPatches = (owner: object, label: string): void => {
    for (const [key, d] of ownProperties(owner, ['length', 'name', 'prototype', 'constructor'])) {
      for (const part of [d.value, d.get, d.set]) {
        if (typeof part !== 'function' || inside(part)) continue
        if (owner === fn && 'value' in d && d.enumerable) continue // a static field that holds a function
        c.refuse(
          `class ${name} was changed after its declaration (${label}${String(key)}), by a decorator or a patch`,
          {
            hint: 'move it to a file of its own and import it',
          },
        )
      }
    }
  }

  const copyStatics = (id: string): void => {
    for (const [key, d] of ownProperties(fn, ['length', 'name', 'prototype'])) {
      const keyText = typeof key === 'symbol' ? c.value(key, 'a symbol key') : stringText(key)
      if (inside(d.value)) c.remember(c.ids, d.value, `${id}[${keyText}]`)
      else if ('value' in d) copyStatic(c, id, keyText, String(key), d)
    }
    const prototype = fn.prototype as object
    for (const [key, d] of ownProperties(prototype, ['constructor'])) {
      if (typeof d.value === 'function' && typeof key === 'string') {
        c.remember(c.ids, d.value, `${id}.prototype[${stringText(key)}]`)
      }
    }
    c.remember(c.ids, prototype, `${id}.prototype`)
  }

  const id = c.newName('$c')
  c.within(
    `class ${name} (${at})`,
    () => {
      checkPatches(fn, `${name}.`)
      checkPatches(fn.prototype as object, `${name}.prototype.`)
      const changed = changedByDeclaration(program, node)
      if (changed !== undefined) {
        c.refuse(`the declaration of class ${name} uses ${changed}: declared again it would do so twice`, {
          hint: 'move it to a file of its own and import it',
        })
      }
      c.remember(c.ids, fn, id)
      const free = freeNames(node)
      const extended = node.superClass?.type === 'Identifier' ? node.superClass.name : undefined
      const parent = extended === undefined ? undefined : { name: extended, value: Object.getPrototypeOf(fn) }
      const site: Site = { program, node, scopes: seen.scopes, scopesOf: node, parent }
      c.define(id, () => {
        const body = edited(program, node.start, node.end, c.rewrite(site, free))
        const label = stringText(fn.name)
        if (node.id || fn.name === '') return [`const ${id} = (0, `, ...body, ');']
        return [`const ${id} = ({ [${label}]: `, ...body, ` })[${label}];`]
      })
      copyStatics(id)
    },
    at,
  )
  return id
}

/** The present value of a static field; one that cannot be copied keeps what the class body gives it. */
function copyStatic(c: Capture, id: string, keyText: string, name: string, d: PropertyDescriptor): void {
  try {
    c.attempt(() => {
      const value = c.value(d.value, `static ${name}`)
      c.emit(
        d.writable && d.enumerable && d.configurable
          ? `${id}[${keyText}] = ${value};`
          : `Object.defineProperty(${id}, ${keyText}, { value: ${value}, writable: ${d.writable}, enumerable: ${d.enumerable}, configurable: ${d.configurable} });`,
      )
    })
  } catch (error) {
    if (!(error instanceof Refusal) || !error.options.opaque) throw error
    c.warnings.add(`static field ${name} starts with its initial value on every worker: ${error.message}`)
  }
}

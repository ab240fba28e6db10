/** Opaque constants: the initialiser of a variable, evaluated again on the worker where its value cannot be copied. */

import type * as acorn from 'acorn'
import { assignments } from './assignments.ts'
import type { Capture } from './capture.ts'
import { freeNames } from './free-names.ts'
import { impurity } from './impurity.ts'
import { edited } from './module-writer.ts'
import { changesOf } from './object-changes.ts'
import { type Declared, declaringNode, positionAt } from './program.ts'
import type { Refusal } from './refusal.ts'
import { DROPPED, type Site, type Variable } from './site.ts'
import { positionText } from './source-position.ts'
import {
  boundIdentifiers,
  isClass,
  isFunction,
  type SyntaxNode,
  withoutExport,
  withoutName,
} from './syntax.ts'

/** Whether a variable is only another name for a module, as in `const fs = require('fs')`. */
export function isModuleReference({ declarator }: Declared): boolean {
  let node: SyntaxNode | null | undefined = declarator.init
  for (let wraps = 0; node && wraps < 4; wraps++) {
    if (node.type === 'MemberExpression' && !node.computed) node = node.object
    else if (node.type === 'CallExpression' && node.callee.type === 'Identifier') {
      const argument: SyntaxNode | undefined = node.arguments[0]
      if (node.callee.name === 'require')
        return argument?.type === 'Literal' && typeof argument.value === 'string'
      if (!/^__(?:importDefault|importStar|toESM)$/.test(node.callee.name)) return false
      node = argument
    } else return false
  }
  return false
}

function checkRepeatable(c: Capture, v: Variable, init: SyntaxNode, refusal: Refusal | undefined): void {
  const reason = refusal?.message ?? `${v.name} was dropped by V8, since no function uses it`
  const { program } = v.site
  const why = impurity(program, init)
  const hint = 'create it inside the function, or move it to a file of its own and import it'
  if (why !== undefined) {
    c.refuse(
      `${reason}, and the initialiser of ${v.name} uses ${why}: evaluated again it would be another value`,
      { hint },
    )
  }
  const declaring = declaringNode(program, init, v.name)
  if (declaring === undefined) return
  const variable = { declaring, name: v.name }
  const change = changesOf(program).ofVariable(variable)
  if (change !== undefined) {
    const where = positionText(positionAt(program, change.start))
    c.refuse(
      `${reason}, and evaluating the initialiser of ${v.name} again would lose its change at ${where}`,
      { hint },
    )
  }
  if (assignments(program, variable).length > 0)
    c.refuse(`${reason}, and ${v.name} is assigned more than once`, { hint })
}

/**
 * Writes the variable `text` by evaluating its initialiser. `refusal` says why its value could not be copied; it is
 * thrown where there is no initialiser.
 */
export function reevaluate(c: Capture, v: Variable, text: string, value: unknown, refusal?: Refusal): void {
  const { declared, site } = v
  if (value === DROPPED && declared === undefined && writeDropped(c, v, text)) return
  const init = declared?.declarator.init
  if (declared === undefined || !init || isClass(init) || (isFunction(init) && value !== DROPPED)) {
    if (refusal !== undefined) throw refusal.final()
    c.refuse(`${v.name} was dropped by V8, since no function uses it, and cannot be recovered`, {
      hint: `use ${v.name} inside the function, so that it is kept`,
    })
  }
  const at = positionText(positionAt(site.program, init.start))
  c.within(
    `initialiser of ${v.name} (${at})`,
    () => {
      if (!isModuleReference(declared)) {
        checkRepeatable(c, v, init, refusal)
        const again = { text, name: v.name, path: [...c.trail], at }
        c.reevaluated.push(again)
        c.undoLater(() => c.reevaluated.splice(c.reevaluated.indexOf(again), 1))
      }
      const inner: Site = {
        program: site.program,
        node: init,
        scopes: site.scopes,
        scopesOf: site.scopesOf,
        witness: value,
      }
      const body = edited(site.program, init.start, init.end, c.rewrite(inner, freeNames(init)))
      const { id } = declared.declarator
      if (id.type === 'Identifier') c.emit(`const ${text} = (`, ...body, ');')
      else c.emit('const ', ...pattern(c, v, text, id), ' = (', ...body, ');')
      if (
        value !== DROPPED &&
        ((typeof value === 'object' && value !== null) || typeof value === 'function')
      ) {
        c.remember(c.ids, value, text)
      }
    },
    at,
  )
}

/** A function or class that only an initialiser uses, so that V8 kept no variable for it. */
function writeDropped(c: Capture, v: Variable, text: string): boolean {
  const { program, witness } = v.site
  const scope = v.declaring
  const statements = scope?.type === 'Program' || scope?.type === 'BlockStatement' ? scope.body : []
  const node = statements
    .map(withoutExport)
    .find(s => (s.type === 'FunctionDeclaration' || s.type === 'ClassDeclaration') && s.id?.name === v.name)
  if (node?.type === 'FunctionDeclaration') {
    const edits = [...c.rewrite({ ...v.site, node }, freeNames(node)), ...withoutName(node)]
    c.emit(`const ${text} = (0, `, ...edited(program, node.start, node.end, edits), ');')
    return true
  }
  if (node?.type !== 'ClassDeclaration') return false
  // Only the class that the value was made by will do: private fields tell it from a second one of the same text.
  for (let o = witness; typeof o === 'object' && o !== null; o = Object.getPrototypeOf(o)) {
    const found: unknown = Object.getOwnPropertyDescriptor(o, 'constructor')?.value
    const isIt = typeof found === 'function' && String(found) === program.source.slice(node.start, node.end)
    if (!isIt) continue
    c.emit(`const ${text} = ${c.value(found, null)};`)
    return true
  }
  return false
}

/** The pattern of a destructuring declaration with new names; only `v` is wanted from it. */
function pattern(c: Capture, v: Variable, text: string, id: acorn.Pattern) {
  const edits = boundIdentifiers(id).map(({ node, shorthand }) => ({
    start: node.start,
    end: node.end,
    text: `${shorthand ? `${node.name}: ` : ''}${node.name === v.name ? text : c.newName(node.name)}`,
  }))
  if (/=/.test(v.site.program.source.slice(id.start, id.end))) {
    c.refuse(`${v.name} is declared with defaults in its pattern`, { hint: 'declare it by itself' })
  }
  return edited(v.site.program, id.start, id.end, edits)
}

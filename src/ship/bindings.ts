/** Variables to source: what each free name of a piece of code stands for on the worker. */

import type { Capture, Environment } from './capture.ts'
import { chooseEnvironments } from './environments.ts'
import type { FreeNames, Reference } from './free-names.ts'
import type { Edit } from './module-writer.ts'
import { targetFile } from './origin.ts'
import { isPristineGlobal, isReplacedGlobal } from './pristine-globals.ts'
import { declaratorOf, declaringNode, type ImportBinding, nodesAround, positionAt } from './program.ts'
import { DROPPED, type Site, scopeWith, valueIn } from './site.ts'
import { positionText } from './source-position.ts'
import { doorExport, isDoor } from './stand-in.ts'
import { isClass, isFunction, type SyntaxNode } from './syntax.ts'
import { variable } from './variable.ts'

const OWN_COPY =
  'by a function that runs on workers, where each worker changes its own copy that the program never sees'
const INSTEAD = 'use reduce, an aggregation or task.counter instead'
const WORKER_HINT = 'pass what it needs as a constant instead'
const WRAPPER = new Set(['module', 'exports', '__filename', '__dirname'])

/** Edits that put the names of the module in the place of the names of the program. */
export function rewrite(c: Capture, site: Site, free: FreeNames): Edit[] {
  checkCode(c, site, free)
  const { program, node } = site
  const at = (n: SyntaxNode) => positionText(positionAt(program, n.start))
  const edits: Edit[] = []
  for (const { call, specifier } of free.requires) {
    edits.push({
      start: call.start,
      end: call.end,
      text: c.references.require(specifier, program.file, at(call)),
    })
  }
  for (const dynamic of free.dynamicImports) {
    const { source } = dynamic
    if (source.type !== 'Literal' || typeof source.value !== 'string') {
      c.refuse('import() of a module whose name is computed', { hint: 'import it by name' })
    } else if (isDoor(program, source.value)) {
      c.refuse('it imports dunlin', { hint: 'build pipelines on the driver only' })
    } else
      edits.push({
        start: source.start,
        end: source.end,
        text: c.references.dynamic(source.value, program.file, at(dynamic)),
      })
  }
  const required = new Set<SyntaxNode>(free.requires.map(({ call }) => call.callee))
  const used = free.references.filter(reference => !required.has(reference.node))
  const environments = chooseEnvironments(c, site, used, node)
  for (const reference of used) {
    const member = memberOf(site, reference)
    const text = member ?? nameText(c, site, reference, environments)
    if (text === null) continue
    const target = member === undefined ? reference.node : reference.parent
    const prefix = member === undefined && reference.shorthand ? `${reference.name}: ` : ''
    edits.push({ start: target.start, end: target.end, text: prefix + text })
  }
  return edits

  /** `exports.x` of CommonJS, and `namespace.x` of a file that is copied: one variable each. */
  function memberOf(s: Site, { name, node: object, parent }: Reference): string | undefined {
    if (parent.type !== 'MemberExpression' || parent.object !== object || parent.computed) return undefined
    if (parent.property.type !== 'Identifier') return undefined
    const property = parent.property.name
    const imported = s.program.imports.get(name)
    const isExports =
      name === 'exports' && !s.program.isModule && declaringNode(s.program, s.node, name) === undefined
    const isNamespace = imported?.name === '*' && importsValueFile(c, s, imported)
    if ((!isExports && !isNamespace) || declaredInside(s, name)) return undefined
    const owner = scopeWith(s.scopes, name)?.variables[name] as Record<string, unknown> | undefined
    if (owner === undefined) return undefined
    const read = () => owner[property]
    return variable(c, {
      key: `${s.program.scriptId}:${name}.${property}`,
      name: property,
      read,
      declared: undefined,
      site: s,
    })
  }
}

function declaredInside(site: Site, name: string): boolean {
  const declaring = declaringNode(site.program, site.node, name)
  return declaring !== undefined && declaring.type !== 'Program'
}

/** Refuses code whose meaning depends on more than its variables. */
function checkCode(c: Capture, { program, node }: Site, free: FreeNames): void {
  const text = program.source.slice(node.start, node.end)
  if (
    /\$d\d*(?![\p{ID_Continue}$])/u.test(text) &&
    /[\p{ID_Continue}$]\$d\d*(?![\p{ID_Continue}$])/u.test(text)
  ) {
    c.refuse('it uses a name that ends like those that dunlin generates ($d1)', {
      hint: 'rename the variable',
    })
  }
  if (free.usesEval) {
    c.refuse('it uses eval or with, so that its variables cannot be known', {
      hint: 'use new Function with parameters',
    })
  }
  if (free.importMeta.length > 0) {
    c.refuse('it uses import.meta, which on a worker is another file', { hint: WORKER_HINT })
  }
  if (node.type !== 'ArrowFunctionExpression') return
  if (free.usesSuper) c.refuse('it uses super of the method around it', { hint: WORKER_HINT })
  const around = nodesAround(program, node)
  const hasThis = around.some(n => isClass(n) || (isFunction(n) && n.type !== 'ArrowFunctionExpression'))
  if (free.usesThis && (hasThis || !program.isModule)) {
    c.refuse('it uses `this` of the code around it, which cannot be copied', {
      hint: 'assign what it needs to a const before the function',
      opaque: true,
    })
  }
  if (free.references.some(r => r.name === 'arguments')) {
    c.refuse('it uses `arguments` of the function around it', {
      hint: 'assign what it needs to a const before the function',
    })
  }
}

/** What a name becomes; null to leave it as it is. */
function nameText(
  c: Capture,
  site: Site,
  { name, writes, node }: Reference,
  environments: ReadonlyMap<SyntaxNode, Environment>,
): string | null {
  const { program } = site
  const declaring = declaringNode(program, site.node, name)
  if (declaring === undefined) return freeText(c, site, name)
  const imported = program.imports.get(name)
  if (declaring.type === 'Program' && imported !== undefined) return importText(c, site, name, imported, node)
  const declared = declaratorOf(declaring, name)
  if (declaring.type === 'Program') {
    if (c.origins.of(program) !== 'value') {
      return c.references.expose(program.file!, name, program.isModule ? 'esm' : 'cjs')
    }
    const key = `${program.scriptId}:${name}`
    const text = variable(c, { key, name, read: () => topLevelValue(site, name), declared, site, declaring })
    if (writes && declared?.kind !== 'const') assigned(c, site, { text, name, node })
    return text
  }
  const environment = environments.get(declaring)!
  const key = `environment ${environment.id}:${name}`
  const read = () => innerValue(c, site, declaring, name)
  const text = variable(c, { key, name, read, declared, site, declaring })
  if (writes && declared?.kind !== 'const') assigned(c, site, { text, name, node })
  return text
}

interface Assigned {
  /** The name in the module. */
  readonly text: string
  readonly name: string
  readonly node: SyntaxNode
}

/** Notes that shipped code assigns to a variable, and warns of it at the first place that does. */
function assigned(c: Capture, { program }: Site, { text, name, node }: Assigned): void {
  if (c.assigned.has(text)) return
  c.assigned.add(text)
  c.undoLater(() => c.assigned.delete(text))
  const at = positionText(positionAt(program, node.start))
  c.warnings.add(`variable ${name} is changed at ${at} ${OWN_COPY}: ${INSTEAD}`)
}

/** A name that the program does not declare: a global, or a variable of an eval or a REPL around it. */
function freeText(c: Capture, site: Site, name: string): string | null {
  const { program, scopes } = site
  if (!program.isModule && program.file !== null && (WRAPPER.has(name) || name === 'require')) {
    c.refuse(`it uses ${name}, which on a worker is another module's`, { hint: WORKER_HINT })
  }
  const scope = scopeWith(scopes, name)
  if (scope !== undefined) {
    const key = `scope ${program.scriptId}:${name}`
    return variable(c, { key, name, read: () => scope.variables[name], declared: undefined, site })
  }
  if (isPristineGlobal(name)) {
    if (isReplacedGlobal(name)) {
      c.refuse(`it uses the global ${name}, which this program has replaced`, {
        hint: 'import the replacement from a file',
      })
    }
    return null
  }
  if (!(name in globalThis)) return null // as here, `typeof` says undefined and a use throws
  const read = () => (globalThis as Record<string, unknown>)[name]
  return variable(c, { key: `global:${name}`, name, read, declared: undefined, site })
}

function topLevelValue({ program, scopes, parent }: Site, name: string): unknown {
  const scope = program.isModule
    ? scopes.find(s => s.kind === 'Module')
    : scopes.findLast(s => name in s.variables)
  if (scope !== undefined && name in scope.variables) return scope.variables[name]
  return parent?.name === name ? parent.value : DROPPED
}

function innerValue(c: Capture, site: Site, declaring: SyntaxNode, name: string): unknown {
  // The scopes are those of another function when an initialiser is evaluated again: the name must mean the same there.
  const isHidden =
    site.node !== site.scopesOf && declaringNode(site.program, site.scopesOf, name) !== declaring
  const found = isHidden ? 'ambiguous' : valueIn(site, declaring, name)
  if (found === 'ambiguous') {
    c.refuse(`variable ${name} is hidden by another of the same name`, { hint: 'rename one of the two' })
  }
  return found === undefined ? DROPPED : found.value
}

function importsValueFile(c: Capture, { program }: Site, { specifier }: ImportBinding): boolean {
  const target = targetFile(specifier, program.file)
  return target !== null && !isDoor(program, specifier) && c.origins.isValueFile(target)
}

function importText(c: Capture, site: Site, name: string, imported: ImportBinding, node: SyntaxNode): string {
  const { program } = site
  if (isDoor(program, imported.specifier)) return doorExport(c, imported.name)
  if (importsValueFile(c, site, imported)) {
    if (imported.name === '*') {
      c.refuse(`it uses the namespace ${name} of a file that holds a pipeline as a whole`, {
        hint: `use its members by name, as in ${name}.member`,
      })
    }
    const key = `${program.scriptId}:${name}`
    return variable(c, { key, name, read: () => topLevelValue(site, name), declared: undefined, site })
  }
  const specifier = targetFile(imported.specifier, program.file) ?? imported.specifier
  return c.references.import(
    specifier,
    imported.name,
    program.file,
    positionText(positionAt(program, node.start)),
  )
}

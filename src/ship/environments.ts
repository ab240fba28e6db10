/** Which closures share a variable: V8 gives copies of scopes only, so runs of a function are told by their values. */
import type { Capture, Environment } from './capture.ts'
import type { Reference } from './free-names.ts'
import { declaringNode } from './program.ts'
import { type Site, valueIn } from './site.ts'
import type { SyntaxNode } from './syntax.ts'

/** Finds, for each inner scope that the code uses, the run of that scope whose variables have these very values. */
export function chooseEnvironments(
  c: Capture,
  site: Site,
  references: readonly Reference[],
  user: SyntaxNode,
): Map<SyntaxNode, Environment> {
  const byScope = new Map<SyntaxNode, Map<string, unknown>>()
  for (const { name } of references) {
    const declaring = declaringNode(site.program, site.node, name)
    if (declaring === undefined || declaring.type === 'Program') continue
    const values = byScope.get(declaring) ?? new Map<string, unknown>()
    byScope.set(declaring, values)
    try {
      const found = valueIn(site, declaring, name)
      values.set(name, found === 'ambiguous' ? found : found?.value)
    } catch {
      values.set(name, Symbol('uninitialised'))
    }
  }
  const chosen = new Map<SyntaxNode, Environment>()
  for (const [scope, values] of byScope) {
    const key = `${site.program.scriptId}:${scope.start}:${scope.end}`
    const list = c.environments.get(key) ?? []
    c.environments.set(key, list)
    const same = (e: Environment) =>
      !e.users.has(user) &&
      [...values].every(([n, value]) => !e.values.has(n) || Object.is(e.values.get(n), value))
    let environment = list.find(same)
    if (environment === undefined) {
      environment = { id: c.nextEnvironment(), values: new Map(), users: new Set() }
      const added = environment
      list.push(added)
      c.undoLater(() => list.splice(list.indexOf(added), 1))
    }
    for (const [n, value] of values) environment.values.set(n, value)
    const { users } = environment
    users.add(user)
    c.undoLater(() => users.delete(user))
    chosen.set(scope, environment)
  }
  return chosen
}

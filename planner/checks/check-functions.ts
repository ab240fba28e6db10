/** Checks that functions whose answer is needed at once are not async. */
import type { Facts } from '../facts.ts'
import type { LogicalNode, UserFunction } from '../logical.ts'
import { functionsOfNode } from '../walk.ts'
import { refuse } from './refuse.ts'

/** Verbs whose functions are awaited. */
const MAY_WAIT: ReadonlySet<LogicalNode['kind']> = new Set(['map', 'flatMap', 'mapBatches'])

function roleOf(node: LogicalNode, fn: UserFunction): string {
  if (node.kind === 'filter') return 'filter'
  if (node.kind !== 'aggregate') return 'key'
  const isKey = node.keys !== 'all' && node.keys.some(key => key.kind === 'function' && key.fn === fn)
  return isKey ? 'key' : 'aggregation'
}

/** @throws DunlinError `USER_FUNCTION`: an unawaited promise is truthy, and equal to nothing. */
export function checkFunctions(node: LogicalNode, facts: Facts): void {
  if (MAY_WAIT.has(node.kind)) return
  for (const fn of functionsOfNode(node)) {
    const known = facts.functions.get(fn)
    if (known?.async !== true) continue
    const role = roleOf(node, fn)
    refuse(`the ${role} function ${known.name} is async, but must answer at once`, {
      code: 'USER_FUNCTION',
      hint: 'Await in a map before it, and use what that returns.',
      at: known.at ?? node.at,
      operator: `${role} ${known.name}`,
    })
  }
}

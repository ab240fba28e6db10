import { inspect } from 'node:util'
import { same } from './same.ts'

const list = [1, 'two', undefined, null, -0, Number.NaN, 10n, true]
const shared = {
  date: new Date(86_400_000),
  pattern: /a+/giu,
  bytes: Buffer.from('bytes'),
  floats: new Float64Array([1.5, -0]),
}
const cycle: Record<string, unknown> = {
  name: 'cycle',
  map: new Map([['k', shared]]),
  set: new Set([shared, list]),
}
cycle.self = cycle

await same(n => {
  const map = cycle.map as Map<string, unknown>
  const isOne = cycle.self === cycle && map.get('k') === shared && (cycle.set as Set<unknown>).has(shared)
  return inspect([n, isOne, shared, list, cycle], { depth: 5 })
})

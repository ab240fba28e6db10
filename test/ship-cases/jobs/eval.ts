import { same } from './same.ts'

const twice = new Function('n', 'return 2 * n') as (n: number) => number
// biome-ignore lint/security/noGlobalEval: the case
const indirect = eval

await same(n => [twice(n), indirect('1 + 1')])

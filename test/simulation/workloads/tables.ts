/** Joins, unions and distinct rows: stages with several inputs. */
import { range, read } from '../../../src/dataset/readers.ts'
import {
  bagDifference,
  collected,
  difference,
  linesOf,
  recordsFound,
  type Workload,
  written,
} from '../workload.ts'

interface Order {
  customer: number
  amount: number
}

const orders: readonly Order[] = Array.from({ length: 36 }, (_, i) => ({ customer: (i * 5) % 11, amount: i }))
const customers = Array.from({ length: 8 }, (_, customer) => ({ customer, name: `name ${customer}` }))

const jsonl = (records: readonly object[]): string =>
  records.map(record => `${JSON.stringify(record)}\n`).join('')

const files = {
  'memory://data/': { 'orders.jsonl': jsonl(orders), 'customers.jsonl': jsonl(customers) },
}

const joined = (how: 'inner' | 'left'): object[] =>
  orders.flatMap((order): object[] => {
    const found = customers.filter(({ customer }) => customer === order.customer)
    if (found.length === 0) return how === 'left' ? [{ ...order, name: null }] : []
    return found.map(({ name }) => ({ ...order, name }))
  })

function join(name: string, options: { strategy: 'broadcast' | 'exchange'; divideSkew: boolean }): Workload {
  const how = options.strategy === 'broadcast' ? 'left' : 'inner'
  return {
    name,
    files,
    plan: { partitions: 3, splitBytes: 300 },
    outputs() {
      const right = read.jsonl<{ customer: number; name: string }>('memory://data/customers.jsonl')
      const left = read.jsonl<Order>('memory://data/orders.jsonl')
      return [written(left.join(right, { on: 'customer', how, ...options }), 'jsonl', 'memory://out/joined/')]
    },
    check: ([found]) =>
      bagDifference(
        linesOf(found).map(line => JSON.parse(line)),
        joined(how),
      ),
    isDeterminate: true,
  }
}

export const hashJoin = join('hash join', { strategy: 'exchange', divideSkew: false })
export const skewJoin = join('skew join', { strategy: 'exchange', divideSkew: true })
export const broadcastJoin = join('broadcast join', { strategy: 'broadcast', divideSkew: false })

export const unionDistinct: Workload = {
  name: 'union and distinct',
  plan: { partitions: 2 },
  outputs: () => [
    collected(
      range(30, { splitRows: 10 })
        .map(n => n % 9)
        .union(range(5, 20, { splitRows: 8 }))
        .distinct(),
    ),
  ],
  check: ([found]) =>
    bagDifference(
      recordsFound(found),
      Array.from({ length: 20 }, (_, n) => n),
    ),
  isDeterminate: true,
}

/** Partial waves: the first 1, 4, 16 … tasks, until there are enough rows. */
export const take: Workload = {
  name: 'take',
  outputs: () => [
    collected(
      range(200, { splitRows: 10 })
        .filter(n => n % 4 === 1)
        .limit(9),
    ),
  ],
  check: ([found]) => difference(recordsFound(found).slice(0, 9), [1, 5, 9, 13, 17, 21, 25, 29, 33]),
  isDeterminate: true,
}

/** A limit in the middle: its exchange is read only as far as it is needed. */
export const limitThenSort: Workload = {
  name: 'limit in the middle',
  plan: { partitions: 2 },
  outputs: () => [
    written(
      range(96, { splitRows: 16 })
        .map(n => ({ n, half: n % 2 }))
        .limit(45)
        .sortBy('half', 'desc'),
      'jsonl',
      'memory://out/limited/',
    ),
  ],
  check: ([found]) =>
    difference(
      linesOf(found).map(line => (JSON.parse(line) as { n: number }).n),
      Array.from({ length: 45 }, (_, n) => n).sort((a, b) => (b % 2) - (a % 2) || a - b),
    ),
  isDeterminate: true,
}

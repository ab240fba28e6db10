import { readFile } from 'node:fs/promises'
import { type Dataset, type Engine, type Isolation, range } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Row } from './table-model.ts'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

/** Half of the orders are of one customer; 3 MB on the one side, 2 MB on the other. */
const ORDERS = 3_000
const CUSTOMERS = 2_000
const orders = () =>
  range(ORDERS, { splitRows: 500 }).map(id => ({
    id,
    customer: id % 2 === 0 ? 7 : (id * 7919) % 2_500,
    note: String.fromCharCode(97 + (id % 26)).repeat(1_000),
  }))
const customers = () =>
  range(CUSTOMERS, { splitRows: 600 }).map(customer => ({
    customer,
    name: `customer ${customer} `.repeat(80),
  }))

describe('a join larger than its budget', () => {
  const variants: readonly [isolation: Isolation, workers: number, memoryMb: number][] = [
    ['inline', 1, 256],
    ['inline', 1, 1],
    ['thread', 5, 2],
  ]
  let engines: readonly Engine[]
  beforeAll(() => {
    engines = variants.map(([isolation, workers]) => place.engine({ isolation, workers }))
  })

  const ways = [
    { how: 'inner', strategy: 'exchange' },
    { how: 'inner', strategy: 'broadcast' },
    { how: 'left', strategy: 'exchange', divideSkew: true },
    { how: 'full', strategy: 'exchange' },
    { how: 'anti', strategy: 'exchange' },
  ] as const

  it.each(ways)(
    '$how by $strategy gives equal bytes, spilled or not, with any number of workers',
    async way => {
      const texts: string[] = []
      const name = `joined-${ways.indexOf(way)}`
      for (const [i, [, , memoryMb]] of variants.entries()) {
        const engine = engines[i]!
        const join = orders().join as unknown as (other: unknown, options: unknown) => Dataset<Row>
        const joined = join.call(orders(), customers(), { on: 'customer', ...way })
        await joined.with({ partitions: 3, memoryMb }).write.jsonl(`${name}-${i}/`).run({ engine })
        texts.push(await place.output(`${name}-${i}`))
      }
      expect(texts.map(text => text === texts[0])).toEqual(variants.map(() => true))
      const rows = texts[0]!
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as { id: number | null; customer: number })
      const known = (id: number): boolean => id % 2 === 0 || (id * 7919) % 2_500 < CUSTOMERS
      const ids = Array.from({ length: ORDERS }, (_, id) => id)
      const bought = new Set(ids.map(id => (id % 2 === 0 ? 7 : (id * 7919) % 2_500)))
      const idle = Array.from({ length: CUSTOMERS }, (_, c) => c).filter(c => !bought.has(c)).length
      const keptLeft = {
        inner: ids.filter(known),
        left: ids,
        full: ids,
        anti: ids.filter(id => !known(id)),
      }
      expect(rows.flatMap(({ id }) => (id === null ? [] : [id])).sort((a, b) => a - b)).toEqual(
        keptLeft[way.how],
      )
      expect(rows.filter(({ id }) => id === null).length).toBe(way.how === 'full' ? idle : 0)
    },
    60_000,
  )

  it('gives a key that half of the rows have to several tasks where it is divided', async () => {
    const engine = place.engine({ isolation: 'inline' })
    const joined = orders()
      .join(customers(), { on: 'customer', strategy: 'exchange', divideSkew: true })
      .with({ partitions: 4 })
    await joined.select('id').write.csv('divided/').run({ engine })
    const parts = (await place.names('divided')).filter(name => name.startsWith('part'))
    const rows = await Promise.all(
      parts.map(async part => (await readFile(place.path('divided', part), 'utf8')).split('\n').length - 2),
    )
    expect(rows.length).toBe(4)
    const all = rows.reduce((a, b) => a + b)
    expect(Math.max(...rows)).toBeLessThan((2 * all) / 4)
  })
})

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { caseOf, difference, duckdbRows, dunlinRows } from './duckdb-oracle.ts'
import { type Workplace, workplace } from './workplace.ts'

/** Longer: node --conditions=development test/engine/duckdb-cases.ts --cases 10000 --seed 1 */
const CASES = 300
const SEED = 20

let place: Workplace
let connection: DuckDBConnection
beforeAll(async () => {
  place = await workplace()
  const database = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await database.connect()
})
afterAll(async () => {
  connection.closeSync()
  await place.close()
})

it('random joins, sets, groups and sorts give what DuckDB gives', async () => {
  const engine = place.engine({ isolation: 'inline' })
  const kinds = new Map<string, number>()
  for (let i = 0; i < CASES; i++) {
    const one = caseOf(SEED, i)
    const { query } = one
    kinds.set(query.kind, (kinds.get(query.kind) ?? 0) + 1)
    const found = difference(one, await duckdbRows(one, connection), await dunlinRows(one, engine))
    expect(found, `case ${i}`).toBe(null)
  }
  expect(Math.min(...kinds.values()), 'cases of the rarest kind').toBeGreaterThanOrEqual(3)
  process.stdout.write(` random queries equal to DuckDB's answers: ${CASES}\n`)
}, 120_000)

it('a difference in a row, in their number, and in an order that was asked for is found', () => {
  const unordered = Array.from({ length: 50 }, (_, i) => caseOf(SEED, i)).find(
    one => one.query.kind === 'join',
  )!
  const sorted: typeof unordered = { ...unordered, query: { kind: 'sort', keys: [] } }
  const [a, b, other] = [{ id: 1 }, { id: 2 }, { id: 3 }]
  expect(difference(unordered, [a, b], [b, a])).toBe(null)
  expect(difference(sorted, [a, b], [b, a])).toContain('DuckDB: id=1\ndunlin: id=2')
  expect(difference(unordered, [a, b], [a, other])).toContain('DuckDB: id=2\ndunlin: id=3')
  expect(difference(unordered, [a, b], [a])).toContain('2 rows by DuckDB, 1 by dunlin')
  expect(difference(unordered, [a], [a, a])).toContain('DuckDB: nothing')
})

/** Joins of random tables against DuckDB, as multisets of rows. */
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JoinHow } from '../../../operators/spec.ts'
import type { Row } from './join-model.ts'
import { cut, runJoin, specOf } from './run-join.ts'

const CASES = 100
const NULL = fc.constant(null)
const number = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(0, -0, 1, 2, 2.5, Number.NaN, -7) }, NULL)
const text = fc.oneof({ weight: 8, arbitrary: fc.constantFrom('', 'a', 'é', "it's", '👩‍👩‍👧', 'A') }, NULL)
const tableOf = (id: string): fc.Arbitrary<Row[]> =>
  fc
    .array(fc.record({ k: number, s: text }), { maxLength: 25 })
    .map(rows => rows.map((row, i) => ({ [id]: i, ...row })))

const literal = (value: unknown): string => {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  return Object.is(value, -0) ? "'-0.0'::DOUBLE" : `'${value}'::DOUBLE`
}

const textOf = (rows: readonly unknown[]): string[] =>
  rows
    .map(row =>
      Object.values(row as Row)
        .map(value => (typeof value === 'number' ? `number ${value + 0}` : JSON.stringify(value)))
        .join(),
    )
    .sort()

/** The columns a, k, s, b of our result in DuckDB's terms. */
function sqlOf(how: JoinHow, keys: readonly string[], nullsEqual: boolean): string {
  const is = nullsEqual ? 'is not distinct from' : '='
  const on = keys.map(key => `l.${key} ${is} r.${key}`).join(' and ')
  if (how === 'semi' || how === 'anti') return `select l.* from l ${how} join r on ${on}`
  const columns = ['k', 's'].map(name =>
    keys.includes(name) ? `coalesce(l.${name}, r.${name}) ${name}` : `l.${name} ${name}, r.${name} ${name}_r`,
  )
  const from = how === 'cross' ? 'l cross join r' : `l ${how} join r on ${on}`
  return `select l.a a, ${columns.join(', ')}, r.b b from ${from}`
}

test(`${CASES} random joins have the rows of DuckDB`, async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run('set threads = 1')
  const cases = fc.record({
    left: tableOf('a'),
    right: tableOf('b'),
    how: fc.constantFrom<JoinHow>('inner', 'left', 'right', 'full', 'semi', 'anti', 'cross'),
    build: fc.constantFrom<'left' | 'right'>('left', 'right'),
    keys: fc.constantFrom(['k'], ['s'], ['k', 's']),
    nullsEqual: fc.boolean(),
    sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    budget: fc.constantFrom(1, 500, 4000, Number.POSITIVE_INFINITY),
  })
  await fc.assert(
    fc.asyncProperty(cases, async ({ left, right, how, build, keys, nullsEqual, sizes, budget }) => {
      // A side without rows has no columns for us.
      fc.pre(left.length > 0 && right.length > 0)
      const used = how === 'cross' ? [] : keys
      for (const [name, id, rows] of [
        ['l', 'a', left],
        ['r', 'b', right],
      ] as const) {
        await connection.run(`create or replace table ${name} (${id} DOUBLE, k DOUBLE, s VARCHAR)`)
        const values = rows.map(row => `(${Object.values(row).map(literal).join(', ')})`)
        await connection.run(`insert into ${name} values ${values.join(', ')}`)
      }
      const read = await connection.runAndReadAll(sqlOf(how, used, nullsEqual))
      const theirs = read.getRowObjectsJS()
      const on = used.map(key => ({ left: key, right: key }))
      const spec = specOf(how, on, { build, nullsEqual, suffix: '_r' })
      const { records } = await runJoin(spec, [cut(left, sizes), cut(right, sizes)], budget)
      const names = Object.keys(theirs[0] ?? {})
      const ours = (records as Row[]).map(row => Object.fromEntries(names.map(name => [name, row[name]])))
      expect(textOf(ours)).toEqual(textOf(theirs))
    }),
    { numRuns: CASES },
  )
  connection.closeSync()
})

/** Key functions that fail where bad records are skipped: rows one by one and in batches, as if they had not been there. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DunlinError } from '../../../operators/errors.ts'
import type { AggregateSpec, ChainSpec } from '../../../operators/spec.ts'
import { BadNotes } from '../rows/bad-notes.ts'
import { batchesOf, Functions, INPUT, recordsIn, runChain } from '../tree/run-chain.ts'

interface Row {
  readonly n: number
  readonly w: string
}

const key = ({ n }: Row): unknown => {
  if (n % 5 === 0) throw new Error('five')
  if (n % 7 === 0) return () => 7
  return n % 3
}

const isBad = ({ n }: Row): boolean => n % 5 === 0 || n % 7 === 0
const rows = fc.array(fc.record({ n: fc.nat({ max: 40 }), w: fc.constantFrom('a', 'b') }), { maxLength: 30 })
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 })

function grouping(
  before: readonly ChainSpec[],
  functions: Functions,
  calls: { key: typeof key },
): ChainSpec[] {
  const spec: AggregateSpec = {
    op: 'aggregate',
    input: INPUT,
    phase: 'partial',
    shape: 'object',
    keys: [
      { kind: 'column', column: 'w', as: 'w' },
      { kind: 'function', fn: functions.ref(calls.key, 'key'), as: 'third' },
    ],
    aggregations: [
      { as: 'rows', spec: { op: 'count' } },
      { as: 'sum', spec: { op: 'sum', column: 'n' } },
      {
        as: 'list',
        spec: {
          op: 'user',
          init: functions.ref(() => [], 'init'),
          add: functions.ref((list: number[], row: Row) => [...list, row.n], 'add'),
          merge: functions.ref((a: number[], b: number[]) => [...a, ...b], 'merge'),
          finish: functions.ref((list: number[]) => list, 'finish'),
        },
      },
    ],
  }
  return [...before, spec]
}

describe.each(['rows in batches', 'records of a map'])('%s', from => {
  it('whose key cannot be computed are in no group, and the groups are those of the others', () => {
    fc.assert(
      fc.property(rows, sizes, (given, cut) => {
        const of = (all: readonly Row[], skip: boolean) => {
          const functions = new Functions()
          const map: ChainSpec = {
            op: 'rows',
            input: INPUT,
            steps: [{ kind: 'map', fn: functions.ref((row: Row) => row, 'same') }],
          }
          const bad = new BadNotes()
          const specs = grouping(from === 'records of a map' ? [map] : [], functions, { key })
          const env = { ...functions.env(), ...(skip ? { bad } : {}) }
          return { groups: recordsIn(runChain(specs, env, batchesOf(all, cut))), bad }
        }
        const skipped = of(given, true)
        expect(skipped.groups).toEqual(
          of(
            given.filter(row => !isBad(row)),
            false,
          ).groups,
        )
        expect(skipped.bad.records).toEqual(given.filter(isBad))
      }),
      { numRuns: 100 },
    )
  })

  it('fail where the key is a promise, and where an aggregation fails: those are never of one record', () => {
    const functions = new Functions()
    const bad = new BadNotes()
    const promised = grouping([], functions, { key: async () => 1 })
    const run = () => runChain(promised, { ...functions.env(), bad }, batchesOf([{ n: 1, w: 'a' }]))
    expect(run).toThrow(DunlinError)
    expect(run).toThrow('returned a promise')
    expect(bad.records).toEqual([])
  })
})

describe('computed columns', () => {
  it('leave out the records on which a function fails, with all their columns', () => {
    fc.assert(
      fc.property(rows, sizes, (given, cut) => {
        const functions = new Functions()
        const bad = new BadNotes()
        const add: ChainSpec = {
          op: 'addColumns',
          input: INPUT,
          columns: [
            { as: 'third', fn: functions.ref(key, 'key') },
            { as: 'twice', fn: functions.ref(({ n }: Row) => n * 2, 'twice') },
          ],
        }
        const result = recordsIn(runChain([add], { ...functions.env(), bad }, batchesOf(given, cut)))
        const good = given.filter(row => !isBad(row))
        expect(result).toEqual(good.map(row => ({ ...row, third: row.n % 3, twice: row.n * 2 })))
        expect(bad.records).toEqual(given.filter(isBad))
      }),
      { numRuns: 100 },
    )
  })

  it('say what the function returned', () => {
    const functions = new Functions()
    const bad = new BadNotes()
    const add: ChainSpec = {
      op: 'addColumns',
      input: INPUT,
      columns: [{ as: 'k', fn: functions.ref(key, 'key') }],
    }
    runChain([add], { ...functions.env(), bad }, batchesOf([{ n: 7, w: 'a' }]))
    expect(bad.errors[0]!.message).toMatch(
      /^the key function key returned a value that no column can hold: function/,
    )
    expect(bad.errors[0]!.place).toMatchObject({ at: 'job.ts:1', record: '{ n: 7, w: "a" }' })
  })
})

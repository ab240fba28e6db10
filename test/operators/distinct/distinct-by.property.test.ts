/** distinctBy equals the array model, and gives the same bytes for any budget. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { concatBatches } from '../../../operators/batch/take.ts'
import { FinalDistinctBy, PartialDistinctBy } from '../../../operators/distinct/distinct-by.ts'
import { broken, bytesOf, pushed } from '../aggregate/run-aggregate.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'
import { batchesOf, recordsIn } from '../tree/run-chain.ts'

type Row = Record<string, unknown>

const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })

const row = fc.record({
  text: nullable(fc.constantFrom('', 'a', 'é', 'longer than fifteen bytes', '\u{1f600}', '\0')),
  number: nullable(fc.constantFrom(0, -0, 1, 2.5, Number.NaN)),
  big: nullable(fc.bigInt({ min: 0n, max: 9n })),
  flag: nullable(fc.boolean()),
  day: nullable(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(5) })),
  bytes: nullable(fc.uint8Array({ maxLength: 2, max: 2 })),
  list: nullable(fc.array(fc.constantFrom(1, -0, 0, Number.NaN), { maxLength: 2 })),
  object: nullable(fc.record({ x: nullable(fc.nat({ max: 2 })) }, { requiredKeys: [] })),
  id: fc.nat({ max: 60 }),
  /** Columns that few rows have, and which may belong to none that is kept. */
  rare: fc.constantFrom(undefined, undefined, undefined, 'x', 'y'),
})
const KEYS = ['text', 'number', 'big', 'flag', 'day', 'bytes', 'list', 'object', 'id'] as const

const cases = fc.record({
  rows: fc
    .array(row, { maxLength: 120 })
    .map(rows =>
      rows.map(({ rare, ...rest }, n): Row => ({ ...rest, n, ...(rare === undefined ? {} : { [rare]: n }) })),
    ),
  keys: fc.subarray([...KEYS], { minLength: 1, maxLength: 3 }),
  sizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 }),
  budgets: fc.array(fc.integer({ min: 1, max: 8000 }), { minLength: 2, maxLength: 3 }),
})

function canonical(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number') return `${value + 0}`
  if (typeof value !== 'object') return `${typeof value} ${value}`
  if (value instanceof Date) return `date ${value.getTime()}`
  if (value instanceof Uint8Array) return `bytes ${value.join()}`
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  return `{${canonical((value as Row)['x'])}}`
}

/** The number of the first row of each key, in order. */
function modelOf(rows: readonly Row[], keys: readonly string[]): unknown[] {
  const seen = new Set<string>()
  const kept = rows.filter(one => {
    const key = keys.map(name => canonical(one[name])).join(' | ')
    return seen.size < seen.add(key).size
  })
  return kept.map(one => one['n'])
}

const operator = 'Distinct'
const numbersIn = (batches: readonly Batch[]) => recordsIn(batches).map(record => (record as Row)['n'])
const partial = (keys: readonly string[], batches: readonly Batch[], budgetBytes: number): Batch[] =>
  pushed(new PartialDistinctBy({ keys, operator, env: { budgetBytes } }), batches)

async function final(
  keys: readonly string[],
  batches: readonly Batch[],
  budgetBytes: number,
): Promise<{ readonly given: Batch[]; readonly runs: MemoryRuns }> {
  const runs = new MemoryRuns()
  const given = await broken(new FinalDistinctBy({ keys, operator, env: { budgetBytes, runs } }), batches)
  expect(runs.live).toBe(0)
  return { given, runs }
}

describe('the first rows of each key', () => {
  it('are those of the array model, and the same bytes for any budget', async () => {
    let spills = 0
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, keys, sizes, budgets }) => {
        const batches = batchesOf(rows, sizes)
        const whole = await final(keys, batches, Number.POSITIVE_INFINITY)
        expect(whole.runs.objects).toBe(0)
        expect(numbersIn(whole.given)).toEqual(modelOf(rows, keys))
        // Nothing else of a row changes, and all columns are there, whichever rows were kept.
        if (rows.length > 0) {
          const [all, kept] = [concatBatches(batches), concatBatches(whole.given)]
          expect(kept.schema).toEqual(all.schema)
          const records = recordsIn([all])
          expect(recordsIn([kept])).toEqual(modelOf(rows, keys).map(n => records[n as number]))
        }
        const bytes = bytesOf(whole.given)
        for (const budget of [...budgets, 1]) {
          const divided = await final(keys, batches, budget)
          spills += divided.runs.objects
          expect(numbersIn(divided.given)).toEqual(numbersIn(whole.given))
          expect(bytesOf(divided.given).equals(bytes)).toBe(true)
        }
      }),
      { numRuns: 250 },
    )
    expect(spills).toBeGreaterThan(1000)
  })

  it('are still the same where a partial distinctBy stood before, wherever tasks end', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.integer({ min: 1, max: 50 }),
        async ({ rows, keys, sizes, budgets }, perTask) => {
          const whole = await final(keys, batchesOf(rows, sizes), Number.POSITIVE_INFINITY)
          for (const budget of budgets) {
            const parts: Batch[] = []
            for (let from = 0; from < rows.length; from += perTask) {
              const task = batchesOf(rows.slice(from, from + perTask), sizes)
              parts.push(...partial(keys, task, budget))
            }
            const { given } = await final(keys, parts, budget)
            expect(bytesOf(given).equals(bytesOf(whole.given))).toBe(true)
          }
        },
      ),
      { numRuns: 150 },
    )
  })
})

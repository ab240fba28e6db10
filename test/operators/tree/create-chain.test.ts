/** Chains of operators equal the array model, and behave as one operator. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { createChain } from '../../../operators/tree/create-chain.ts'
import { batchesOf, Functions, INPUT, recordsIn, runChain, runChainAsync } from './run-chain.ts'
import { type Pair, records, rows, sizes, verb, wait } from './verbs.ts'

describe('a chain', () => {
  it('equals the array model, wherever batches end', () => {
    fc.assert(
      fc.property(records, fc.array(verb, { minLength: 1, maxLength: 5 }), sizes, (input, verbs, cuts) => {
        const functions = new Functions()
        const specs = verbs.flatMap(one => one.specs(functions))
        const expected = verbs.reduce<readonly Pair[]>((all, one) => one.model(all), input)
        expect(recordsIn(runChain(specs, functions.env(), batchesOf(input, cuts)))).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('equals the array model where its first function sometimes returns promises', async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.array(verb, { maxLength: 3 }),
        sizes,
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (input, verbs, cuts, concurrency, waits) => {
          const functions = new Functions()
          const late = (pair: Pair) => (pair.n % 3 === 0 ? wait(pair.n % 8, pair) : pair)
          const specs = [
            rows('map', functions.ref(late, 'late')),
            ...verbs.flatMap(one => one.specs(functions)),
          ]
          const expected = verbs.reduce<readonly Pair[]>((all, one) => one.model(all), input)
          const given = await runChainAsync(specs, functions.env(), batchesOf(input, cuts), {
            concurrency,
            waits,
          })
          expect(recordsIn(given)).toEqual(expected)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('says when nothing more can come of its input', () => {
    const chain = createChain([{ op: 'limit', input: INPUT, rows: 3 }], new Functions().env())
    const [first, second] = batchesOf([1, 2, 3, 4], [2, 2])
    const given: Batch[] = []
    chain.push(first!, one => given.push(one))
    expect(chain.done).toBe(false)
    chain.push(second!, one => given.push(one))
    expect(chain.done).toBe(true)
    chain.push(second!, one => given.push(one))
    expect(recordsIn(given)).toEqual([1, 2, 3])
  })
})

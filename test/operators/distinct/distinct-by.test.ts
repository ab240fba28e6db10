/** distinctBy: what the partial one lets pass, budgets, shapes, and what it says of unknown columns. */
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { FinalDistinctBy, PartialDistinctBy } from '../../../operators/distinct/distinct-by.ts'
import { broken, bytesOf, pushed } from '../aggregate/run-aggregate.ts'
import { recordBatch, recordText } from '../batch/record-batches.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'
import { batchesOf, recordsIn } from '../tree/run-chain.ts'

const operator = 'Distinct by k'
const INFINITE = Number.POSITIVE_INFINITY

const partialOf = (keys: readonly string[], budgetBytes = INFINITE) =>
  new PartialDistinctBy({ keys, operator, env: { budgetBytes } })
const finalOf = (keys: readonly string[], budgetBytes = INFINITE, runs = new MemoryRuns()) =>
  new FinalDistinctBy({ keys, operator, env: { budgetBytes, runs } })

const rowsIn = (batches: readonly Batch[]) => batches.reduce((rows, batch) => rows + batch.length, 0)

describe('a partial distinctBy', () => {
  it('gives the first row of each key where it can hold them all', () => {
    const rows = [
      { k: 1, n: 0 },
      { k: -0, n: 1 },
      { k: 1, n: 2 },
      { k: null, n: 3 },
      { n: 4 },
      { k: 0, n: 5 },
    ]
    expect(recordsIn(pushed(partialOf(['k']), batchesOf(rows, [2])))).toEqual([
      { k: 1, n: 0 },
      { k: -0, n: 1 },
      { k: null, n: 3 },
    ])
  })

  it('forgets at rows that depend on nothing but the rows', () => {
    const rows = Array.from({ length: 20_000 }, (_, n) => ({ k: `key ${(n * n) % 3001}`, n }))
    const whole = pushed(partialOf(['k'], 50_000), batchesOf(rows, [20_000]))
    expect(rowsIn(whole)).toBeGreaterThan(1501)
    expect(rowsIn(whole)).toBeLessThan(20_000)
    for (const cut of [[1000], [1024], [77, 1500]]) {
      const cutUp = pushed(partialOf(['k'], 50_000), batchesOf(rows, cut))
      expect(bytesOf(cutUp).equals(bytesOf(whole))).toBe(true)
    }
  })

  it('keeps no batch that it was given: what it holds is a copy', () => {
    const [batch] = batchesOf([{ k: 1 }, { k: 2 }])
    const partial = partialOf(['k'])
    const given: Batch[] = []
    partial.push(batch!, one => given.push(one))
    ;(batch!.columns[0] as { values: Float64Array }).values.fill(9)
    partial.finish(one => given.push(one))
    expect(recordsIn(given)).toEqual([{ k: 1 }, { k: 2 }])
  })
})

describe('a final distinctBy', () => {
  it('gives rows before its input ends, and never holds more than its budget and a batch', async () => {
    const budgetBytes = 1 << 20
    const runs = new MemoryRuns()
    const final = finalOf(['k'], budgetBytes, runs)
    const given: Batch[] = []
    let most = 0
    const emit = (batch: Batch) => {
      most = Math.max(most, final.sizeBytes)
      given.push(batch)
    }
    const rows = Array.from({ length: 120_000 }, (_, n) => ({ k: `key number ${(n * 7919) % 50_000}`, n }))
    for (const batch of batchesOf(rows, [5000])) {
      await final.push(0, batch, emit)
      most = Math.max(most, final.sizeBytes)
    }
    expect(rowsIn(given)).toBeGreaterThan(1000)
    await final.end(0, emit)
    await final.close()
    expect(most).toBeLessThan(budgetBytes * 1.1)
    expect(runs.objects).toBeGreaterThan(0)
    expect(runs.live).toBe(0)
    const numbers = recordsIn(given).map(record => (record as { n: number }).n)
    expect(numbers).toEqual(Array.from({ length: 50_000 }, (_, n) => n))
  })

  it('divides what is still too large again, on other bits of the hash', async () => {
    const rows = Array.from({ length: 9000 }, (_, n) => ({ k: n % 3000, n }))
    const runs = new MemoryRuns()
    const given = await broken(finalOf(['k'], 1200, runs), batchesOf(rows, [3000]))
    expect(recordsIn(given)).toEqual(rows.slice(0, 3000))
    // A level writes each row once at most, and each result: so many rows take three levels.
    expect(runs.rows).toBeGreaterThan(2 * (9000 + 3000))
    expect(runs.live).toBe(0)
  })

  it('leaves no run behind where the receiver throws, or nobody asks for the end', async () => {
    const rows = Array.from({ length: 3000 }, (_, n) => ({ k: n % 1500, n }))
    const batches = batchesOf(rows, [500])
    const runs = new MemoryRuns()
    let calls = 0
    const failing = broken(finalOf(['k'], 3000, runs), batches, () => {
      if (++calls === 3) throw new Error('no room')
    })
    await expect(failing).rejects.toThrow('no room')
    expect(runs.objects).toBeGreaterThan(0)
    expect(runs.live).toBe(0)

    const left = finalOf(['k'], 3000, runs)
    for (const batch of batches) await left.push(0, batch, () => {})
    expect(runs.live).toBeGreaterThan(0)
    await left.close()
    expect(runs.live).toBe(0)
  })
})

describe('both', () => {
  const both = async (keys: readonly string[], batches: readonly Batch[]): Promise<Batch[]> => {
    const given = pushed(partialOf(keys), batches)
    const divided = await broken(finalOf(keys, 1), batches)
    expect(bytesOf(divided).equals(bytesOf(given))).toBe(true)
    return given
  }

  it('take pairs, scalars, and the keys of fixed-length records', async () => {
    expect(
      recordsIn(
        await both(
          ['key'],
          batchesOf(
            [
              ['a', 1],
              ['b', 2],
              ['a', 3],
            ],
            [1],
          ),
        ),
      ),
    ).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    expect(recordsIn(await both(['value'], batchesOf(['a', 'b', 'a'], [1])))).toEqual(['a', 'b'])
    const given = await both(
      ['key'],
      [recordBatch(['ax1', 'by1'], [0, 2]), recordBatch(['ax2', 'cx2'], [0, 2])],
    )
    expect(recordsIn(given).map(recordText)).toEqual([
      { key: 'ax', value: 'ax1' },
      { key: 'by', value: 'by1' },
      { key: 'cx', value: 'cx2' },
    ])
  })

  it('give nothing of nothing, and name a column that no row had', async () => {
    expect(await both(['k'], [])).toEqual([])
    const batches = batchesOf([{ kay: 1 }, { kay: 2, z: 3 }], [1])
    const expected = {
      code: 'UNKNOWN_COLUMN',
      message: 'Distinct by k: there is no column "k"; the records have kay, z',
      place: { operator },
    }
    expect(() => pushed(partialOf(['k']), batches)).toThrow(expect.objectContaining(expected))
    await expect(broken(finalOf(['k'], 1), batches)).rejects.toMatchObject(expected)
  })

  it('refuse two types in one column', async () => {
    const batches = batchesOf([{ k: 1 }, { k: 'x' }], [1])
    for (const budget of [INFINITE, 1])
      await expect(broken(finalOf(['k'], budget), batches)).rejects.toMatchObject({ code: 'TYPE_MISMATCH' })
  })
})

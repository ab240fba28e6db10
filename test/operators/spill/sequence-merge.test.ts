/** Merging by sequence: rows that went apart come back in the order of their numbers, like a stable sort's. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../../../operators/batch/batch.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { schemaText } from '../../../operators/batch/schema.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import { sliceBatch } from '../../../operators/batch/take.ts'
import { sequenceOf, withSequence } from '../../../operators/spill/sequence.ts'
import { mergeBySequence, mergedBySequence } from '../../../operators/spill/sequence-merge.ts'
import { batchOf } from '../batch/batch-of.ts'

interface Numbered {
  readonly number: number
  readonly record: unknown
}

/** Rows of one source in batches of these sizes, over and over; 0 is an empty batch. */
async function* source(rows: readonly Numbered[], sizes: readonly number[]): AsyncGenerator<Batch> {
  for (let from = 0, i = 0; from < rows.length; i++) {
    const size = sizes[i % sizes.length]!
    const part = size === 0 ? rows.slice(0, 1) : rows.slice(from, from + size)
    const records = part.map(row => row.record)
    const numbers = Float64Array.from(part, row => row.number)
    yield sliceBatch(withSequence(batchOf(records), numbers), 0, size)
    from += size
  }
}

async function merged(sources: readonly AsyncIterable<Batch>[]): Promise<Batch[]> {
  const given: Batch[] = []
  await mergeBySequence(sources, async batch => {
    given.push(batch)
  })
  return given
}

describe('a merge by sequence', () => {
  it('gives what a stable sort by number gives, however sources and batches are cut', async () => {
    const row = fc.record({ source: fc.nat({ max: 5 }), times: fc.integer({ min: 1, max: 3 }) })
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 60 }), sizes, async (rows, cuts) => {
        const sources: Numbered[][] = Array.from({ length: 6 }, () => [])
        const expected: unknown[] = []
        rows.forEach(({ source: s, times }, number) => {
          for (let i = 0; i < times; i++) {
            // Columns that only some sources have, and one that is null at first.
            const record = { n: number, i, [`s${s}`]: s, later: number > 20 ? 'x' : null }
            sources[s]!.push({ number: number * 2, record })
            expected.push(record)
          }
        })
        const names = new Set(expected.flatMap(record => Object.keys(record as object)))
        const batches = await merged(sources.map(one => source(one, cuts)))
        const plain = batches
          .flatMap(recordsOf)
          .map(record =>
            Object.fromEntries(
              [...names].map(name => [name, (record as Record<string, unknown>)[name] ?? null]),
            ),
          )
        expect(plain).toEqual(
          expected.map(record =>
            Object.fromEntries(
              [...names].map(name => [name, (record as Record<string, unknown>)[name] ?? null]),
            ),
          ),
        )
        for (const batch of batches) expect(schemaText(batch.schema)).not.toContain('sequence')
      }),
      { numRuns: 200 },
    )
  })

  it('keeps the numbers where asked, and takes empty batches', async () => {
    const numbers: number[] = []
    const rows = (from: number) => [from, from + 2, from + 4].map(number => ({ number, record: { number } }))
    for await (const batch of mergedBySequence([source(rows(0), [0, 2]), source(rows(1), [1])]))
      numbers.push(...sequenceOf(batch))
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('of nothing is nothing', async () => {
    expect(await merged([])).toEqual([])
    expect(await merged([source([], [1]), source([], [1])])).toEqual([])
  })

  it('holds two batches of each source at most, and gives batches of a bounded size', async () => {
    let given = 0
    let read = 0
    const rows = 40_000
    const each = (s: number): AsyncIterable<Batch> =>
      (async function* () {
        for (let from = 0; from < rows; from += 1000) {
          read += 1000
          const records = Array.from({ length: 1000 }, (_, i) => ({ text: `${from + i}`.padEnd(60) }))
          yield withSequence(
            batchOf(records),
            Float64Array.from(records, (_, i) => (from + i) * 8 + s),
          )
        }
      })()
    let most = 0
    await mergeBySequence(
      Array.from({ length: 8 }, (_, s) => each(s)),
      batch => {
        given += batch.length
        most = Math.max(most, batch.length, read - given - batch.length)
        expect(batchBytes(batch)).toBeLessThan(BATCH_BYTES * 1.5)
      },
    )
    expect(given).toBe(8 * rows)
    expect(most).toBeLessThan(BATCH_ROWS + 8 * 1000)
  })

  it('lets go of every source when the receiver fails', async () => {
    let returned = 0
    const endless = (s: number): AsyncIterable<Batch> =>
      (async function* () {
        try {
          for (let n = 0; ; n++) yield withSequence(batchOf([{ n }]), Float64Array.of(2 * n + s))
        } finally {
          returned++
        }
      })()
    const failing = mergeBySequence([endless(0), endless(1)], () => {
      throw new Error('no more')
    })
    await expect(failing).rejects.toThrow('no more')
    expect(returned).toBe(2)
  })

  it('refuses columns of two types', async () => {
    const sources = [
      source([{ number: 0, record: { a: 1 } }], [1]),
      source([{ number: 1, record: { a: 'x' } }], [1]),
    ]
    await expect(merged(sources)).rejects.toMatchObject({ code: 'TYPE_MISMATCH' })
  })
})

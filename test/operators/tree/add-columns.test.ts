/** Computed columns are what mapping the records gives; taking them away again leaves what was there. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { columnNamed } from '../../../operators/batch/column-named.ts'
import { columnReader } from '../../../operators/batch/column-value.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { concatBatches } from '../../../operators/batch/take.ts'
import type { Operator } from '../../../operators/operator.ts'
import { AddColumns } from '../../../operators/tree/add-columns.ts'
import { DropColumns } from '../../../operators/tree/drop-columns.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { recordBatch, recordText } from '../batch/record-batches.ts'
import { Functions } from './run-chain.ts'

type Key = (...args: never[]) => unknown

function run(operator: Operator, batches: readonly Batch[]): Batch[] {
  const given: Batch[] = []
  for (const batch of batches) operator.push(batch, one => given.push(one))
  operator.finish(one => given.push(one))
  return given
}

function adding(keys: readonly Key[]): AddColumns {
  const functions = new Functions()
  const columns = keys.map((fn, i) => ({ as: `\u0000key${i}`, fn: functions.ref(fn) }))
  return new AddColumns({ columns, operator: 'Compute key', env: functions.env() })
}

const added = (batches: readonly Batch[], name = '\u0000key0'): unknown[] =>
  batches.flatMap(batch => {
    const read = columnReader(columnNamed(batch, name)!)
    return Array.from({ length: batch.length }, (_, row) => read(row))
  })

describe('computed columns', () => {
  it('are the results for each record, in order, and change no record', () => {
    const value = fc.oneof(fc.integer(), fc.constant(null))
    fc.assert(
      fc.property(
        fc.array(fc.record({ a: value, b: fc.string({ unit: 'grapheme' }) }), { minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        (records, size) => {
          const keys = [(r: { a: number | null }) => r.a, (r: { b: string }) => `${r.b}!`]
          const given = run(adding(keys), batchesOf(records, size))
          expect(added(given)).toEqual(records.map(r => r.a))
          expect(added(given, '\u0000key1')).toEqual(records.map(r => `${r.b}!`))
          const dropped = run(new DropColumns({ columns: ['\u0000key0', '\u0000key1'] }), given)
          expect(dropped.flatMap(recordsOf)).toEqual(records)
        },
      ),
      { numRuns: 100 },
    )
  })

  it.each([
    ['scalars', batchOf([5, 7]), (n: number) => n * 2, [10, 14]],
    [
      'pairs',
      batchOf([
        ['a', 1],
        ['b', 2],
      ]),
      ([k]: [string, number]) => k,
      ['a', 'b'],
    ],
    ['objects', batchOf([{ a: 1 }, { a: 2 }]), (r: { a: number }) => r.a > 1, [false, true]],
    [
      'fixed-length records',
      recordBatch(['abcd', 'efgh'], [1, 2]),
      (r: unknown) => recordText(r).key,
      ['bc', 'fg'],
    ],
  ])('leave %s what they are', (_, batch, key: Key, expected) => {
    const [given] = run(adding([key]), [batch])
    expect(added([given!])).toEqual(expected)
    expect(given!.schema.shape).toBe(batch.schema.shape)
    expect(given!.schema.key).toEqual(batch.schema.key)
    const [dropped] = run(new DropColumns({ columns: ['\u0000key0'] }), [given!])
    expect(dropped).toEqual(batch)
    if (batch.schema.shape !== 'object') expect(recordsOf(given!)).toEqual(recordsOf(batch))
  })

  it('have the types of their values: null widens, and lists and objects are columns too', () => {
    const given = run(adding([(n: number) => (n > 1 ? { at: [n] } : null)]), batchesOf([1, 2], 1))
    expect(given.map(batch => batch.schema.fields[1]!.type.kind)).toEqual(['null', 'struct'])
    expect(added([concatBatches(given)])).toEqual([null, { at: [2] }])
    const dates = run(adding([(n: number) => new Date(n)]), [batchOf([5])])
    expect(added(dates)).toEqual([new Date(5)])
  })

  it('are computed once per record, record by record, with the task', () => {
    const calls: string[] = []
    const keys = ['a', 'b'].map(name => (n: number, task: { index: number }) => {
      calls.push(`${name} ${n} ${task.index}`)
      return n
    })
    run(adding(keys), batchesOf([1, 2, 3], 2))
    expect(calls).toEqual(['a 1 0', 'b 1 0', 'a 2 0', 'b 2 0', 'a 3 0', 'b 3 0'])
  })

  it('say which function failed on which record', () => {
    const total = (r: { n: number }) => {
      if (r.n === 2) throw new Error('no total')
      return r.n
    }
    expect(() => run(adding([total]), [batchOf([{ n: 1 }, { n: 2 }])])).toThrow(
      expect.objectContaining({
        code: 'USER_FUNCTION',
        message: 'Compute key: key threw on record { n: 2 }: no total',
        place: { operator: 'Compute key: key', record: '{ n: 2 }', at: 'job.ts:1' },
      }),
    )
  })

  it('cannot wait for promises', () => {
    expect(() => run(adding([async (n: number) => n]), [batchOf([1])])).toThrow(
      expect.objectContaining({
        code: 'USER_FUNCTION',
        message: expect.stringContaining('returned a promise'),
      }),
    )
  })

  it('refuse values of two types, and such as no column can hold', () => {
    expect(() => run(adding([(n: number) => (n > 1 ? 'large' : n)]), [batchOf([1, 2])])).toThrow(
      expect.objectContaining({
        code: 'TYPE_MISMATCH',
        message: 'the key function returned float64 for some records and utf8 for another: "large"',
        hint: 'Return values of one type from it.',
        place: { operator: 'Compute key: key', record: '2', at: 'job.ts:1' },
      }),
    )
    expect(() => run(adding([() => () => 1]), [batchOf([1])])).toThrow(
      expect.objectContaining({
        code: 'TYPE_MISMATCH',
        message: 'the key function returned a value that no column can hold: function (anonymous)',
      }),
    )
    const bySize = (n: number) => (n > 1 ? { size: 'large' } : { size: n })
    expect(() => run(adding([bySize]), [batchOf([1, 2])])).toThrow(
      'the key function bySize returned struct<size: float64> for some records and struct<size: utf8> for another: { size: "large" }',
    )
    const big = (n: number) => (n > 1 ? 2n ** 70n : 1n)
    expect(() => run(adding([big]), [batchOf([1, 2])])).toThrow(
      expect.objectContaining({
        code: 'TOO_LARGE',
        message: 'the key function big returned 1180591620717411303424n, which is outside of 64 bits',
      }),
    )
  })
})

describe('dropping columns', () => {
  it('leaves the rest, and minds no column that is not there', () => {
    const batch = batchOf([{ a: 1, b: 2, c: 3 }])
    const [given] = run(new DropColumns({ columns: ['b', 'z'] }), [batch])
    expect(recordsOf(given!)).toEqual([{ a: 1, c: 3 }])
    expect(given!.columns[1]).toBe(batch.columns[2])
  })
})

/** Chains of nothing but filters hand on the rows that they were given, as the columns that they are. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BATCH_ROWS, type Batch } from '../../../operators/batch/batch.ts'
import { BatchBuilder } from '../../../operators/batch/batch-builder.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { concatBatches } from '../../../operators/batch/take.ts'
import { BatchSink } from '../../../operators/rows/batch-sink.ts'
import type { UserFn } from '../../../operators/rows/operator-env.ts'
import { RowChain } from '../../../operators/rows/row-chain.ts'
import type { RowSink } from '../../../operators/rows/row-sink.ts'
import type { TaskArgument } from '../../../operators/task-argument.ts'
import { batchesOf, batchOf } from '../batch/batch-of.ts'
import { recordBatch, recordText } from '../batch/record-batches.ts'

const task = { index: 3, partition: 3 } as TaskArgument

function filtered(
  filters: readonly ((...args: never[]) => unknown)[],
  batches: readonly Batch[],
  sink: RowSink = new BatchSink('Filter'),
): Batch[] {
  const functions: UserFn[] = [...filters]
  const steps = filters.map((fn, i) => ({
    kind: 'filter' as const,
    fn: { fn: i, name: fn.name, at: `job.ts:${i}` },
  }))
  const chain = new RowChain({ steps, env: { functions, task, budgetBytes: 0 }, sink })
  const given: Batch[] = []
  for (const batch of batches) chain.push(batch, one => given.push(one))
  chain.finish(one => given.push(one))
  return given
}

const rows = (batches: readonly Batch[]): unknown[] => batches.flatMap(recordsOf)

describe('a chain of filters', () => {
  it('keeps what the array would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 7 }),
        fc.uniqueArray(fc.integer({ min: 2, max: 7 }), { minLength: 1, maxLength: 3 }),
        (numbers, size, divisors) => {
          const filters = divisors.map(divisor => (n: number) => n % divisor !== 1)
          const expected = filters.reduce((left, filter) => left.filter(filter), numbers)
          expect(rows(filtered(filters, batchesOf(numbers, size)))).toEqual(expected)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('asks later filters only about what earlier ones kept, row by row, with the task', () => {
    const calls: unknown[] = []
    const noting = (name: string, keeps: (n: number) => unknown) => (n: number, given: TaskArgument) => {
      calls.push(`${name} ${n} of ${given.index}`)
      return keeps(n)
    }
    filtered([noting('odd', n => n % 2), noting('any', () => 'yes')], [batchOf([1, 2, 3])])
    expect(calls).toEqual(['odd 1 of 3', 'any 1 of 3', 'odd 2 of 3', 'odd 3 of 3', 'any 3 of 3'])
  })

  it('keeps types that records would not show', () => {
    const schema: Schema = {
      shape: 'object',
      fields: [
        { name: 'id', type: { kind: 'int64', as: 'number' } },
        { name: 'share', type: { kind: 'number', width: 'float32' } },
        { name: 'code', type: { kind: 'fixedBinary', byteLength: 2 } },
        { name: 'none', type: { kind: 'utf8' } },
      ],
    }
    const builder = new BatchBuilder({ operator: 'Test', schema })
    for (const id of [1, 2, 3]) builder.add({ id, share: id / 2, code: Uint8Array.of(id, 0) })
    const [batch] = filtered([(r: { id: number }) => r.id !== 2], [builder.build()!])
    expect(batch!.schema).toEqual(schema)
    expect(recordsOf(batch!)).toMatchObject([
      { id: 1, share: 0.5 },
      { id: 3, share: 1.5, none: null },
    ])
  })

  it('keeps fixed-length records what they are', () => {
    const batches = [recordBatch(['abcd', 'efgh'], [1, 2]), recordBatch(['ijkl'], [1, 2])]
    const isLate = ({ key }: { key: Uint8Array }) => key[0]! > 'c'.charCodeAt(0)
    const given = filtered([isLate], batches)
    expect(given.map(batch => batch.schema)).toEqual([batches[0]!.schema])
    expect(rows(given).map(recordText)).toEqual([
      { key: 'fg', value: 'efgh' },
      { key: 'jk', value: 'ijkl' },
    ])
  })

  it('does not keep what a filter does to a record', () => {
    const spoil = (record: { value: Uint8Array }) => record.value.fill(0) !== undefined
    expect(rows(filtered([spoil], [recordBatch(['abcd'])])).map(recordText)[0]!.value).toBe('abcd')
    const change = (record: { a: number }) => {
      record.a = 7
      return true
    }
    expect(rows(filtered([change], [batchOf([{ a: 1 }])]))).toEqual([{ a: 1 }])
  })

  it('gathers small batches and hands on large ones', () => {
    const small = Array.from({ length: 5 }, (_, i) => batchOf([i]))
    const large = batchOf(Array.from({ length: BATCH_ROWS }, (_, i) => i))
    expect(filtered([() => true], [large])[0]).toBe(large)
    expect(filtered([() => true], [...small, large]).map(batch => batch.length)).toEqual([BATCH_ROWS, 5])
  })

  it('takes batches whose types grow', () => {
    const batches = [batchOf([{ a: null }]), batchOf([{ a: 1 }]), batchOf([{ a: 2, b: 'x' }])]
    expect(recordsOf(concatBatches(filtered([() => true], batches)))).toEqual([
      { a: null, b: null },
      { a: 1, b: null },
      { a: 2, b: 'x' },
    ])
  })

  it('says which filter threw on which record, and refuses promises', () => {
    const fails = (n: number) => {
      if (n === 2) throw new Error('no twos')
      return true
    }
    expect(() => filtered([() => true, fails], [batchOf([1, 2])])).toThrow(
      expect.objectContaining({
        code: 'USER_FUNCTION',
        message: 'Filter fails threw on record 2: no twos',
        place: { operator: 'Filter fails', record: '2', at: 'job.ts:1' },
      }),
    )
    expect(() => filtered([async () => true], [batchOf([1])])).toThrow(
      /returned a promise, which would always/,
    )
  })
})

describe('filters before a sink of records', () => {
  /** An aggregation: it can take batches, but rather takes records. */
  class Collector implements RowSink {
    readonly full = false
    readonly added: unknown[] = []
    readonly pushed: Batch[] = []
    add(record: unknown): void {
      this.added.push(record)
    }
    push(batch: Batch): void {
      this.pushed.push(batch)
    }
    endBatch(): void {}
    finish(): void {}
  }

  it('add the records that they kept', () => {
    const sink = new Collector()
    filtered([(n: number) => n > 1], [batchOf([1, 2, 3])], sink)
    expect(sink).toMatchObject({ added: [2, 3], pushed: [] })
  })

  it('push fixed-length records, which would become objects', () => {
    const sink = new Collector()
    filtered([() => true], [recordBatch(['ab']), recordBatch(['cd'])], sink)
    expect(sink.added).toEqual([])
    expect(rows(sink.pushed).map(record => recordText(record).value)).toEqual(['ab', 'cd'])
  })
})

/** Records become columns and come back as they were. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../../../operators/batch/batch.ts'
import { BatchBuilder } from '../../../operators/batch/batch-builder.ts'
import { castBatch } from '../../../operators/batch/cast.ts'
import type { ColumnType, Schema } from '../../../operators/batch/column-type.ts'
import { recordReader, recordsOf } from '../../../operators/batch/records.ts'
import { schemaText } from '../../../operators/batch/schema.ts'
import { DunlinError } from '../../../operators/errors.ts'
import { datasets, objectOf, readBack } from './arbitrary-records.ts'
import { batchOf } from './batch-of.ts'

const declare = (type: ColumnType): Schema => ({ shape: 'object', fields: [{ name: 'x', type }] })

function failureOf(run: () => unknown): DunlinError {
  try {
    run()
  } catch (error) {
    if (error instanceof DunlinError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('round trip', () => {
  test('any dataset of one shape reads back as it was, with null for what was missing', () => {
    fc.assert(
      fc.property(datasets, records => {
        fc.pre(records.length > 0)
        assert.deepEqual(recordsOf(batchOf(records)), readBack(records))
      }),
      { numRuns: 400 },
    )
  })

  test('a reader of single rows gives what the bulk reader gives', () => {
    fc.assert(
      fc.property(datasets, records => {
        fc.pre(records.length > 0)
        const batch = batchOf(records)
        const read = recordReader(batch)
        assert.deepEqual(
          records.map((_, row) => read(row)),
          recordsOf(batch),
        )
      }),
      { numRuns: 200 },
    )
  })

  test('building in between changes nothing but the batch boundaries', () => {
    fc.assert(
      fc.property(datasets, fc.integer({ min: 1, max: 7 }), (records, every) => {
        fc.pre(records.length > 0)
        const builder = new BatchBuilder({ operator: 'Map test' })
        const batches: Batch[] = []
        records.forEach((record, i) => {
          builder.add(record)
          if (i % every === every - 1) batches.push(builder.build()!)
        })
        const rest = builder.build()
        if (rest !== null) batches.push(rest)
        assert.deepEqual(
          batches.map(batch => batch.length),
          Array.from({ length: Math.ceil(records.length / every) }, (_, i) =>
            Math.min(every, records.length - i * every),
          ),
        )
        const { schema } = builder
        assert.deepEqual(schema, batchOf(records).schema)
        assert.deepEqual(
          batches.flatMap(batch => recordsOf(castBatch(batch, schema!))),
          readBack(records),
        )
      }),
      { numRuns: 200 },
    )
  })

  test('a batch owns its memory: what is added later does not change it', () => {
    const builder = new BatchBuilder({ operator: 'Map test' })
    const first = {
      n: 1,
      s: 'één',
      b: true,
      l: [1, null],
      t: Float32Array.of(1),
      d: new Date(1),
      u: Uint8Array.of(1),
    }
    const other = {
      n: 2,
      s: 'two',
      b: null,
      l: [3, 4],
      t: Float32Array.of(2),
      d: new Date(2),
      u: Uint8Array.of(2),
    }
    builder.add(first)
    const batch = builder.build()!
    builder.add(other)
    builder.build()
    expect(recordsOf(batch)).toEqual([first])
  })

  test('nothing of one batch is left in the next, not even under nulls', () => {
    const full = {
      n: 1,
      i: 2n,
      at: new Date(3),
      s: 'x',
      u: Uint8Array.of(4),
      b: true,
      l: [5],
      t: Int32Array.of(6),
      o: { x: 7 },
    }
    const nulls = Object.fromEntries(Object.keys(full).map(name => [name, null]))
    const used = new BatchBuilder({ operator: 'Map test' })
    for (const record of [full, full, full]) used.add(record)
    const { schema } = used.build()!
    const fresh = new BatchBuilder({ operator: 'Map test', schema })
    for (const record of [nulls, full]) {
      used.add(record)
      fresh.add(record)
    }
    assert.deepEqual(used.build(), fresh.build())
  })

  test('__proto__ is a column like any other and changes no prototype', () => {
    const records = [objectOf([['__proto__', 'x']]), objectOf([['__proto__', 'y']])]
    const read = recordsOf(batchOf(records)) as object[]
    expect(read.map(r => Object.entries(r))).toEqual([[['__proto__', 'x']], [['__proto__', 'y']]])
    expect(read.every(r => Object.getPrototypeOf(r) === Object.prototype)).toBe(true)
    expect(Object.entries(recordReader(batchOf(records))(1) as object)).toEqual([['__proto__', 'y']])
  })

  test('records of more columns than are compiled read back too', () => {
    const wide = objectOf(
      Array.from({ length: 300 }, (_, i) => [i === 7 ? '__proto__' : `c${i}`, i] as const),
    )
    const batch = batchOf([wide, wide])
    assert.deepEqual(recordsOf(batch), [wide, wide])
    assert.deepEqual(recordReader(batch)(1), wide)
  })

  test('objects without a prototype and objects of another realm are plain objects', async () => {
    const { runInNewContext } = await import('node:vm')
    const bare = Object.assign(Object.create(null), { a: 1 })
    expect(recordsOf(batchOf([bare, runInNewContext('({ a: 2 })')]))).toEqual([{ a: 1 }, { a: 2 }])
  })
})

describe('inference', () => {
  test('names columns in the order of first appearance, and types as JavaScript has them', () => {
    const batch = batchOf([
      { n: null, s: 'x', i: 1n },
      {
        b: true,
        n: 1.5,
        at: new Date(0),
        raw: Uint8Array.of(1),
        list: [[1]],
        nested: { a: null },
        f: Float32Array.of(1),
      },
    ])
    expect(schemaText(batch.schema)).toBe(
      'object { n: float64, s: utf8, i: int64 as bigint, b: boolean, at: timestamp, raw: binary, ' +
        'list: list<list<float64>>, nested: struct<a: null>, f: Float32Array }',
    )
  })

  test('persists over builds', () => {
    const builder = new BatchBuilder({ operator: 'Map test' })
    expect(builder.schema).toBe(null)
    builder.add({ a: 1 })
    const first = builder.build()!
    builder.add({ b: 'x' })
    const second = builder.build()!
    builder.add({})
    const third = builder.build()!
    expect(schemaText(first.schema)).toBe('object { a: float64 }')
    expect(schemaText(second.schema)).toBe('object { a: float64, b: utf8 }')
    expect(third.schema).toBe(second.schema)
    expect(recordsOf(third)).toEqual([{ a: null, b: null }])
  })

  test('an empty builder builds nothing', () => {
    const builder = new BatchBuilder({ operator: 'Map test' })
    expect(builder.build()).toBe(null)
    builder.add(1)
    builder.build()
    expect(builder.build()).toBe(null)
  })
})

describe('refusals', () => {
  test('two types in one column: names operator, column, both types and a record of each', () => {
    const error = failureOf(() => batchOf([{ a: null }, { a: 1 }, { a: 'x', b: 2 }]))
    expect(error.code).toBe('TYPE_MISMATCH')
    expect(error.message).toBe('column "a" holds float64 and utf8: first { a: 1 }, now { a: "x", b: 2 }')
    expect(error.place).toEqual({ operator: 'Map test', record: '{ a: "x", b: 2 }' })
  })

  test('names nested columns by their path', () => {
    expect(failureOf(() => batchOf([{ a: [{ b: 1 }, { b: 'x' }] }])).message).toMatch(
      'column "a[].b" holds float64 and utf8',
    )
  })

  test.each([
    [[1, { a: 1 }], 'a scalar, 1, and an object, { a: 1 }'],
    [[{ a: 1 }, null], 'an object, { a: 1 }, and a scalar, null'],
    [[['k', 1], 'x'], 'a pair, ["k", 1], and a scalar, "x"'],
    [[{ a: 1 }, ['k', 1]], 'an object, { a: 1 }, and a pair, ["k", 1]'],
    [['x', ['k', 1]], 'a scalar, "x", and a pair, ["k", 1]'],
  ])('two shapes in one dataset: names both', (records, text) => {
    const error = failureOf(() => batchOf(records))
    expect([error.code, error.message]).toEqual([
      'TYPE_MISMATCH',
      `records of two shapes in one dataset: ${text}`,
    ])
  })

  class Money {
    amount = 1
  }
  test.each([
    ['an instance of Money', new Money(), 'return a plain object'],
    ['an instance of Map', new Map(), 'Object.fromEntries'],
    ['an instance of Set', new Set(), '[...set]'],
    ['an instance of Promise', Promise.resolve(1), 'await it'],
    ['an instance of DataView', new DataView(new ArrayBuffer(1)), 'Uint8Array'],
    ['an instance of BigUint64Array', new BigUint64Array(1), 'Uint8Array'],
    ['a function', () => 1, 'leave it out'],
    ['a symbol', Symbol('s'), 'leave it out'],
  ])('%s is refused as a record, as a value, and after other values', (name, value, hint) => {
    for (const records of [
      [value],
      [{ x: value }],
      [[1, value]],
      [{ x: [value] }],
      [{ x: 1 }, { x: value }],
      ['a', value],
    ]) {
      const error = failureOf(() => batchOf(records))
      expect(error.code).toBe('TYPE_MISMATCH')
      expect(error.message).toContain(name)
      expect(error.hint).toContain(hint)
    }
  })

  test('a thenable is never taken for a struct', () => {
    expect(failureOf(() => batchOf([{ then() {} }])).message).toContain('a function')
  })

  test('arrays that are no pairs are no records', () => {
    for (const record of [[], [1], [1, 2, 3]]) {
      expect(failureOf(() => batchOf([record])).hint).toBe('Wrap it in an object, or declare a schema.')
    }
  })

  test('values that have no exact place: lone surrogates, invalid dates, bigints past 64 bits, circles', () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    expect(failureOf(() => batchOf(['a\ud800'])).message).toContain('lone surrogate')
    expect(failureOf(() => batchOf([`${'a'.repeat(90)}\udc00é`])).message).toContain('lone surrogate')
    expect(failureOf(() => batchOf([new Date(Number.NaN)])).message).toContain('invalid Date')
    expect(failureOf(() => batchOf([2n ** 63n])).code).toBe('TOO_LARGE')
    expect(failureOf(() => batchOf([circle])).hint).toContain('refers to itself')
  })
})

describe('a declared schema', () => {
  test('wins: checks values, fills what is missing, drops what it does not name', () => {
    const schema: Schema = {
      shape: 'object',
      fields: [
        { name: 'id', type: { kind: 'int64', as: 'number' } },
        { name: 'tags', type: { kind: 'list', as: 'Array', item: { kind: 'utf8' } } },
        { name: 'key', type: { kind: 'fixedBinary', byteLength: 2 } },
        { name: 'v', type: { kind: 'list', as: 'Float32Array', item: { kind: 'number', width: 'float32' } } },
      ],
    }
    const batch = batchOf(
      [
        { extra: 1, id: 7 },
        { tags: ['a', null], key: Uint8Array.of(1, 2), v: [1, 2] },
      ],
      schema,
    )
    expect(batch.schema).toBe(schema)
    expect(recordsOf(batch)).toEqual([
      { id: 7, tags: null, key: null, v: null },
      { id: null, tags: ['a', null], key: Uint8Array.of(1, 2), v: Float32Array.of(1, 2) },
    ])
  })

  test.each<[ColumnType, unknown]>([
    [{ kind: 'number', width: 'int8' }, 128],
    [{ kind: 'number', width: 'uint32' }, -1],
    [{ kind: 'number', width: 'int32' }, 1.5],
    [{ kind: 'number', width: 'int16' }, Number.NaN],
    [{ kind: 'number', width: 'float64' }, '1'],
    [{ kind: 'int64', as: 'number' }, 2 ** 53],
    [{ kind: 'int64', as: 'number' }, 1n],
    [{ kind: 'int64', as: 'bigint' }, 1],
    [{ kind: 'utf8' }, 1],
    [{ kind: 'timestamp' }, 0],
    [{ kind: 'fixedBinary', byteLength: 2 }, Uint8Array.of(1)],
    [{ kind: 'null' }, 1],
    [{ kind: 'list', as: 'Float64Array', item: { kind: 'number', width: 'float64' } }, [1, null]],
    [{ kind: 'struct', fields: [] }, 'x'],
    [{ kind: 'boolean' }, 0],
  ])('%j refuses %s and names the column', (type, value) => {
    const error = failureOf(() => batchOf([{ x: value }], declare(type)))
    expect(error.code).toBe('TYPE_MISMATCH')
    expect(error.message).toContain('column "x" is declared')
  })

  test('makes any array a scalar record where it says so', () => {
    const schema: Schema = {
      shape: 'scalar',
      fields: [
        { name: 'value', type: { kind: 'list', as: 'Array', item: { kind: 'number', width: 'float64' } } },
      ],
    }
    expect(
      recordsOf(
        batchOf(
          [
            [1, 2, 3],
            [4, 5],
          ],
          schema,
        ),
      ),
    ).toEqual([
      [1, 2, 3],
      [4, 5],
    ])
  })

  test('refuses records of another shape', () => {
    expect(failureOf(() => batchOf([1], declare({ kind: 'utf8' }))).message).toContain('wants an object')
  })
})

describe('fullness', () => {
  test('comes at a number of rows', () => {
    const builder = new BatchBuilder({ operator: 'Map test' })
    for (let i = 0; i < BATCH_ROWS; i++) {
      expect(builder.isFull()).toBe(false)
      builder.add(true)
    }
    expect(builder.isFull()).toBe(true)
    builder.build()
    expect([builder.isFull(), builder.rows, builder.sizeBytes]).toEqual([false, 0, 0])
  })

  test('comes at a number of bytes, counted', () => {
    const builder = new BatchBuilder({ operator: 'Map test' })
    const text = 'x'.repeat(1 << 20)
    while (!builder.isFull()) builder.add({ text })
    expect(builder.rows).toBe(4)
    expect(builder.sizeBytes).toBeGreaterThanOrEqual(BATCH_BYTES)
  })
})

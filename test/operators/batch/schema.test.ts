/** Schemas meet where their batches can, and refuse where they cannot. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { castBatch } from '../../../operators/batch/cast.ts'
import type { ColumnType, Schema } from '../../../operators/batch/column-type.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { sameSchema, schemaText, unifySchemas } from '../../../operators/batch/schema.ts'
import { DunlinError } from '../../../operators/errors.ts'
import { datasets, readBack } from './arbitrary-records.ts'
import { batchesOf, batchOf } from './batch-of.ts'

const of = (types: Record<string, ColumnType>): Schema => ({
  shape: 'object',
  fields: Object.entries(types).map(([name, type]) => ({ name, type })),
})
const NULL: ColumnType = { kind: 'null' }
const F64: ColumnType = { kind: 'number', width: 'float64' }
const I32: ColumnType = { kind: 'number', width: 'int32' }
const U8: ColumnType = { kind: 'number', width: 'uint8' }
const UTF8: ColumnType = { kind: 'utf8' }
const COUNT: ColumnType = { kind: 'int64', as: 'number' }
const BIG: ColumnType = { kind: 'int64', as: 'bigint' }
const list = (item: ColumnType): ColumnType => ({ kind: 'list', item, as: 'Array' })

/** Fields sorted by name, at every level: unification is commutative but for their order. */
function sorted(type: ColumnType): ColumnType {
  if (type.kind === 'list') return { ...type, item: sorted(type.item) }
  if (type.kind !== 'struct') return type
  const fields = type.fields.map(f => ({ name: f.name, type: sorted(f.type) }))
  return { kind: 'struct', fields: fields.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

describe('unification', () => {
  test('of the batches of any dataset: the batches cast to it hold the dataset', () => {
    fc.assert(
      fc.property(datasets, fc.integer({ min: 1, max: 8 }), (records, size) => {
        // A shape is inferred from the first record of a batch, so batches of nothing but null need no care here.
        const batches = batchesOf(records, size).filter(b => b.length > 0)
        const schema = batches.reduce<Schema | null>((s, b) => unifySchemas(s, b.schema), null)
        if (schema === null) return
        assert.deepEqual(
          batches.flatMap(batch => recordsOf(castBatch(batch, schema))),
          readBack(records),
        )
      }),
      { numRuns: 300 },
    )
  })

  test('is associative, idempotent, and commutative but for the order of fields', () => {
    fc.assert(
      fc.property(datasets, records => {
        const [a, b, c] = batchesOf(records, Math.ceil(records.length / 3) || 1).map(batch => batch.schema)
        if (a === undefined || b === undefined || c === undefined) return
        const left = unifySchemas(unifySchemas(a, b), c)!
        const right = unifySchemas(a, unifySchemas(b, c))!
        assert.ok(sameSchema(left, right), `${schemaText(left)} is not ${schemaText(right)}`)
        assert.equal(unifySchemas(left, left), left)
        assert.equal(unifySchemas(left, c), left)
        const struct = (s: Schema): ColumnType => sorted({ kind: 'struct', fields: s.fields })
        assert.deepEqual(struct(unifySchemas(a, b)!), struct(unifySchemas(b, a)!))
      }),
      { numRuns: 300 },
    )
  })

  test('takes null for "no rows seen"', () => {
    const schema = of({ a: F64 })
    expect(unifySchemas(null, null)).toBe(null)
    expect(unifySchemas(null, schema)).toBe(schema)
    expect(unifySchemas(schema, null)).toBe(schema)
  })

  test.each<[ColumnType, ColumnType, ColumnType]>([
    [NULL, UTF8, UTF8],
    [COUNT, F64, F64],
    [I32, F64, F64],
    [I32, U8, F64],
    [COUNT, I32, F64],
    [list(NULL), list(UTF8), list(UTF8)],
    [{ kind: 'fixedBinary', byteLength: 2 }, { kind: 'binary' }, { kind: 'binary' }],
    [{ kind: 'fixedBinary', byteLength: 2 }, { kind: 'fixedBinary', byteLength: 3 }, { kind: 'binary' }],
  ])('%j and %j become %j, in both orders', (a, b, result) => {
    expect(unifySchemas(of({ x: a }), of({ x: b }))).toEqual(of({ x: result }))
    expect(unifySchemas(of({ x: b }), of({ x: a }))).toEqual(of({ x: result }))
  })

  test.each<[ColumnType, ColumnType, string]>([
    [F64, UTF8, 'column "x" is float64 in some records and utf8 in others'],
    [BIG, F64, 'column "x" is int64 as bigint in some records and float64 in others'],
    [BIG, COUNT, 'column "x" is int64 as bigint in some records and int64 in others'],
    [{ kind: 'timestamp' }, F64, 'column "x" is timestamp in some'],
    [
      list(F64),
      { kind: 'list', item: F64, as: 'Float64Array' },
      'column "x" is list<float64> in some records and Float64Array',
    ],
    [
      { kind: 'struct', fields: [{ name: 'y', type: list(F64) }] },
      { kind: 'struct', fields: [{ name: 'y', type: list(UTF8) }] },
      'column "x.y[]" is float64',
    ],
  ])('%j and %j refuse each other', (a, b, text) => {
    try {
      unifySchemas(of({ x: a }), of({ x: b }), { operator: 'Union' })
      expect.unreachable()
    } catch (error) {
      assert.ok(error instanceof DunlinError)
      expect(error.code).toBe('TYPE_MISMATCH')
      expect(error.message).toContain(text)
      expect(error.place).toEqual({ operator: 'Union' })
    }
  })

  test('of two shapes is refused with both', () => {
    expect(() =>
      unifySchemas(of({ x: F64 }), { shape: 'scalar', fields: [{ name: 'value', type: UTF8 }] }),
    ).toThrow('records of two shapes in one dataset: object { x: float64 } and scalar utf8')
  })
})

describe('casting', () => {
  test('an int64 that has no exact float64 is refused', () => {
    const batch = batchOf([{ x: 1 }], of({ x: COUNT }))
    const values = BigInt64Array.of(2n ** 53n + 1n)
    const big = {
      ...batch,
      columns: [{ type: COUNT, length: 1, nullCount: 0, validity: null, values }],
    } as typeof batch
    expect(recordsOf(castBatch(batch, of({ x: F64 })))).toEqual([{ x: 1 }])
    expect(() => castBatch(big, of({ x: F64 }))).toThrow('column "x" holds 9007199254740993')
  })

  test('what stands where a row is null does not matter', () => {
    const column = {
      type: COUNT,
      length: 2,
      nullCount: 1,
      validity: Uint8Array.of(2),
      values: BigInt64Array.of(2n ** 62n, 7n),
    }
    const batch = { ...batchOf([{ x: 1 }, { x: 1 }], of({ x: COUNT })), columns: [column] } as Batch
    expect(recordsOf(castBatch(batch, of({ x: F64 })))).toEqual([{ x: null }, { x: 7 }])
  })

  test('integers and fixed binaries keep their values and nulls', () => {
    const schema = of({ n: I32, b: { kind: 'fixedBinary', byteLength: 2 }, c: COUNT })
    const records = [
      { n: -5, b: Uint8Array.of(1, 2), c: -(2 ** 52) },
      { n: null, b: null, c: null },
      { n: 7, b: Uint8Array.of(3, 4), c: 3 },
    ]
    const wider = of({ c: F64, n: F64, extra: list(UTF8), b: { kind: 'binary' } })
    expect(recordsOf(castBatch(batchOf(records, schema), wider))).toEqual(
      records.map(r => ({ ...r, extra: null })),
    )
  })

  test('of what a key function returned is refused without the name of its column', () => {
    const unify = () => unifySchemas(of({ '\u0000sort0': F64 }), of({ '\u0000sort0': UTF8 }))
    expect(unify).toThrow('a key function returned float64 for some records and utf8 for others')
  })

  test('to a narrower schema is refused', () => {
    const batch = batchOf([{ x: 1, y: 2 }])
    expect(() => castBatch(batch, of({ x: F64 }))).toThrow('column "y" is not in the schema')
    expect(() => castBatch(batch, of({ x: UTF8, y: F64 }))).toThrow('cannot be cast to utf8')
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../../../operators/index.ts'
import { readInSplits } from './split-reading.ts'
import { batchesOf, fileOf, textOf } from './writing.ts'

const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '\\', '\u0000\u001f\u007f\u2028', '\b\f\n\r\t', '</script>', '😀'),
  fc.string({ minLength: 100, maxLength: 200 }),
)

describe('jsonl writer', () => {
  test('any record is written byte for byte as JSON.stringify writes it', () => {
    const record = fc.record({
      n: number,
      s: text,
      b: fc.boolean(),
      list: fc.array(fc.option(number)),
      texts: fc.array(text, { maxLength: 3 }),
      at: fc.record({ 'lat "': number, name: fc.option(text) }),
      gone: fc.option(fc.record({ x: number })),
      when: fc.date({ noInvalidDate: true }),
      v: fc.float64Array({ noNaN: true, noDefaultInfinity: true, maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), records => {
        const lines = records.map(r => `${JSON.stringify({ ...r, v: [...r.v] })}\n`).join('')
        expect(textOf('jsonl', records)).toBe(lines)
      }),
      { numRuns: 400 },
    )
  })

  test('what is written reads back, scalars and pairs too', () => {
    const scalar = fc.option(text)
    const pair = fc.tuple(text, number)
    fc.assert(
      fc.property(fc.array(scalar), fc.array(pair), (scalars, pairs) => {
        for (const records of [scalars, pairs]) {
          const file = fileOf('jsonl', batchesOf(records))
          expect(
            readInSplits({ format: 'jsonl' }, file, { splitBytes: 40, pieceBytes: [64] }).records,
          ).toEqual(JSON.parse(JSON.stringify(records)))
        }
      }),
      { numRuns: 200 },
    )
  })

  test('NaN and infinities are null, -0 is 0, int64 keep all digits', () => {
    expect(textOf('jsonl', [Number.NaN, Infinity, -Infinity, -0])).toBe('null\nnull\nnull\n0\n')
    expect(textOf('jsonl', [9007199254740993n, -1n])).toBe('9007199254740993\n-1\n')
  })

  test('a declared schema gives int64, times and bytes back', () => {
    const schema: Schema = {
      shape: 'object',
      fields: [
        { name: 'id', type: { kind: 'int64', as: 'bigint' } },
        { name: 'at', type: { kind: 'timestamp' } },
        { name: 'raw', type: { kind: 'binary' } },
      ],
    }
    const records = [
      { id: 2n ** 63n - 1n, at: new Date(-1), raw: new Uint8Array([1, 2, 3, 4]) },
      { id: null, at: new Date(8.64e15), raw: new Uint8Array(0) },
    ]
    const file = fileOf('jsonl', batchesOf(records, 7, schema))
    expect(Buffer.from(file).toString().split('\n')[0]).toBe(
      '{"id":9223372036854775807,"at":"1969-12-31T23:59:59.999Z","raw":"AQIDBA=="}',
    )
    expect(readInSplits({ format: 'jsonl', schema }, file).records).toEqual(records)
  })

  test('missing fields are null once a batch knows the column, and a schema makes all lines alike', () => {
    expect(textOf('jsonl', [{ a: 1 }, { b: 'x' }])).toBe('{"a":1,"b":null}\n{"a":null,"b":"x"}\n')
    const schema: Schema = {
      shape: 'object',
      fields: [
        { name: 'a', type: { kind: 'number', width: 'float64' } },
        { name: 'b', type: { kind: 'utf8' } },
      ],
    }
    expect(textOf('jsonl', [{ a: 1 }], schema)).toBe('{"a":1,"b":null}\n')
    expect(textOf('jsonl', [{}])).toBe('{}\n')
  })

  test('a field named __proto__ is a field', () => {
    const line = '{"__proto__":1,"a":"x"}'
    expect(textOf('jsonl', [JSON.parse(line)])).toBe(`${line}\n`)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSplitReader } from '../../../operators/formats/split-reader.ts'
import { DunlinError, type Schema } from '../../../operators/index.ts'
import { bytesOf, readInSplits } from './split-reading.ts'

const JSONL = { format: 'jsonl' } as const

function failure(lines: string, schema?: Schema): { error: DunlinError; badOffset: number } {
  const format = schema === undefined ? JSONL : ({ ...JSONL, schema } as const)
  const reader = createSplitReader(format, { uri: 'file:///a.jsonl', start: 0, end: lines.length })
  try {
    reader.push(bytesOf(lines), () => {})
    reader.finish(() => {})
  } catch (error) {
    if (error instanceof DunlinError) return { error, badOffset: reader.badOffset }
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('jsonl reader', () => {
  test('any records, blank lines and cuts: every record once, in order', () => {
    const record = fc.record({
      id: fc.integer(),
      text: fc.string({ unit: 'grapheme' }),
      'odd key "\\': fc.boolean(),
    })
    const line = fc.tuple(record, fc.constantFrom('\n', '\r\n', '\n\n', '\n \t\r\n'))
    const cuts = fc.record({
      splitBytes: fc.integer({ min: 1, max: 300 }),
      pieceBytes: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), cuts, (lines, cutting) => {
        const object = bytesOf(lines.map(([value, end]) => JSON.stringify(value) + end).join(''))
        expect(readInSplits(JSONL, object, cutting).records).toEqual(lines.map(([value]) => value))
      }),
      { numRuns: 600 },
    )
  })

  test('reads scalars, pairs, a byte order mark and no final newline', () => {
    expect(readInSplits(JSONL, bytesOf('\uFEFF1\n2.5\nnull\n-0')).records).toEqual([1, 2.5, null, -0])
    expect(readInSplits(JSONL, bytesOf('["a",1]\n["b",2]\n')).records).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    expect(readInSplits(JSONL, bytesOf('{"tags":["x","y"],"at":{"lat":1}}')).records).toEqual([
      { tags: ['x', 'y'], at: { lat: 1 } },
    ])
  })

  test('a column named __proto__ is a column like any other', () => {
    const line = '{"__proto__":{"polluted":true},"a":1}\n'
    for (const columns of [undefined, ['__proto__', 'a']]) {
      const { batches, records } = readInSplits(
        JSONL,
        bytesOf(line),
        undefined,
        columns === undefined ? {} : { columns },
      )
      expect(batches[0]!.schema.fields.map(field => field.name)).toEqual(['__proto__', 'a'])
      expect(Object.keys(records[0] as object)).toEqual(['__proto__', 'a'])
      expect(Object.getPrototypeOf(records[0])).toBe(Object.prototype)
      expect((records[0] as { polluted?: unknown }).polluted).toBeUndefined()
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('reads only the columns asked for', () => {
    const object = bytesOf('{"a":1,"b":"x","c":null}\n{"b":"y","c":true}\n{"a":2}\n')
    const { records, batches } = readInSplits(JSONL, object, undefined, { columns: ['c', 'b'] })
    expect(records).toEqual([
      { b: 'x', c: null },
      { b: 'y', c: true },
      { b: null, c: null },
    ])
    expect(batches[0]!.columns.length).toBe(2)
    expect(readInSplits(JSONL, bytesOf('["k",1]\n'), undefined, { columns: ['key'] }).records).toEqual([
      ['k', 1],
    ])
  })

  test('reads every column where the first record lacks one of those asked for: it may be misspelt', () => {
    const object = bytesOf('{"a":1,"b":"x"}\n{"b":"y","c":true}\n')
    const { batches } = readInSplits(JSONL, object, undefined, { columns: ['c', 'b'] })
    expect(batches[0]!.schema.fields.map(field => field.name)).toEqual(['a', 'b', 'c'])
  })

  test('a declared schema reads what JSON has no form for', () => {
    const schema: Schema = {
      shape: 'object',
      fields: [
        { name: 'at', type: { kind: 'timestamp' } },
        { name: 'raw', type: { kind: 'binary' } },
        { name: 'id', type: { kind: 'int64', as: 'bigint' } },
        { name: 'n', type: { kind: 'number', width: 'float64' } },
        { name: 'ids', type: { kind: 'list', item: { kind: 'int64', as: 'bigint' }, as: 'Array' } },
      ],
    }
    const lines =
      '{"at":"2024-05-06T07:08:09.010Z","raw":"AAH/","id":9007199254740993,"n":9007199254740993,"ids":[1,"2"],"more":1}\n' +
      '{"at":86400000,"raw":null,"id":-5,"n":0.5}\n'
    expect(readInSplits({ ...JSONL, schema }, bytesOf(lines)).records).toEqual([
      {
        at: new Date('2024-05-06T07:08:09.010Z'),
        raw: new Uint8Array([0, 1, 255]),
        id: 9007199254740993n,
        n: 9007199254740992,
        ids: [1n, 2n],
      },
      { at: new Date(86400000), raw: null, id: -5n, n: 0.5, ids: null },
    ])
    const pruned = readInSplits({ ...JSONL, schema }, bytesOf(lines), undefined, { columns: ['n', 'id'] })
    expect(pruned.records).toEqual([
      { id: 9007199254740993n, n: 9007199254740992 },
      { id: -5n, n: 0.5 },
    ])
  })

  test('a time without a zone is refused: it would be another instant on another machine', () => {
    const schema: Schema = { shape: 'object', fields: [{ name: 'at', type: { kind: 'timestamp' } }] }
    expect(failure('{"at":"2024-05-06T07:08:09"}\n', schema).error.code).toBe('TYPE_MISMATCH')
  })

  test('a line that is not JSON is an error with the parser’s message, the line and its offset', () => {
    const { error, badOffset } = failure('{"a":1}\r\n\n{"a":oops}\n')
    expect(error.code).toBe('BAD_RECORD')
    expect(error.message).toMatch(/^file:\/\/\/a\.jsonl has a line that is not JSON: Unexpected token 'o'/)
    expect(error.hint).toContain('one whole JSON value')
    expect(error.place.record).toBe('{"a":oops}')
    expect(badOffset).toBe(10)
  })

  test('records of two types in one column are an error that knows its record and offset', () => {
    const { error, badOffset } = failure('{"a":1}\n{"a":"x"}\n')
    expect(error.code).toBe('TYPE_MISMATCH')
    expect(error.message).toContain('"a"')
    expect(error.place.record).toBeDefined()
    expect(badOffset).toBe(8)
  })

  test('an array of three is no record', () => {
    expect(failure('[1,2,3]\n').error.message).toContain('is not a record')
  })

  test('invalid UTF-8 becomes U+FFFD and is counted', () => {
    const object = new Uint8Array([...bytesOf('"ok"\n"b'), 0xff, 0xc3, ...bytesOf('"\n')])
    const { records, invalidText } = readInSplits(JSONL, object)
    expect(records).toEqual(['ok', 'b\uFFFD\uFFFD'])
    expect(invalidText).toBe(2)
  })
})

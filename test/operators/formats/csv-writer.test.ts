import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Schema } from '../../../operators/index.ts'
import { batchesOf, fileOf, textOf } from './writing.ts'

/** RFC 4180, character by character; null where a field is empty and not quoted. */
function parseCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = []
  let row: (string | null)[] = []
  let at = 0
  while (at < text.length) {
    let field: string | null = ''
    if (text[at] === '"') {
      for (at++; ; at++) {
        if (text[at] !== '"') field += text[at]
        else if (text[at + 1] === '"') field += text[at++]
        else break
      }
      at++
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\n') field += text[at++]
      if (field === '') field = null
    }
    row.push(field)
    if (text[at] === ',') {
      at++
      if (at < text.length && text[at] !== '\n') continue
      row.push(null)
    }
    rows.push(row)
    row = []
    at++
  }
  return rows
}

const nasty = fc.oneof(
  fc.constantFrom(
    '',
    '"',
    '""',
    ',',
    '\n',
    '\r\n',
    '\r',
    ' a ',
    'NULL',
    'é,漢"😀',
    "'",
    ';',
    '\t',
    '-0',
    '00123',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.array(fc.constantFrom('a', '"', ',', '\n', '\r', 'ü'), { maxLength: 8 }).map(parts => parts.join('')),
)
const directory = mkdtempSync(join(tmpdir(), 'dunlin-csv-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('csv writer', () => {
  test('any strings and nulls come back from a parser of RFC 4180', () => {
    const cell = fc.option(nasty, { nil: null })
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }), nasty, (rows, name) => {
        fc.pre(name !== 'b')
        const records = rows.map(([a, b]) => ({ [name]: a, b, n: 1 }))
        const schema: Schema = {
          shape: 'object',
          fields: [
            { name, type: { kind: 'utf8' } },
            { name: 'b', type: { kind: 'utf8' } },
            { name: 'n', type: { kind: 'number', width: 'float64' } },
          ],
        }
        const parsed = parseCsv(textOf('csv', records, schema))
        expect(parsed).toEqual([[name, 'b', 'n'], ...rows.map(([a, b]) => [a, b, '1'])])
      }),
      { numRuns: 600 },
    )
  })

  test('DuckDB reads back several hundred nasty rows', async () => {
    const cell = fc.option(
      // DuckDB ends a record at CR and LF alike, also mixed, and refuses NUL; what is compared here is quoting.
      nasty.filter(text => !text.includes('\0')),
      { nil: null },
    )
    const rows = fc.sample(fc.record({ id: fc.nat(), a: cell, b: cell, x: fc.double({ noNaN: true }) }), {
      numRuns: 400,
      seed: 11,
    })
    const records = rows.map((row, i) => ({ ...row, id: i }))
    const file = join(directory, 'nasty.csv')
    writeFileSync(file, fileOf('csv', batchesOf(records, 64)))
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const result = await connection.runAndReadAll(
      `select * from read_csv('${file}', header = true, delim = ',', quote = '"', escape = '"', nullstr = '',
       allow_quoted_nulls = false, new_line = '\\n', auto_detect = false, strict_mode = false, parallel = false,
       columns = { id: 'BIGINT', a: 'VARCHAR', b: 'VARCHAR', x: 'DOUBLE' }) order by id`,
    )
    const read = result.getRowObjectsJS().map(row => ({ ...row, id: Number(row['id']) }))
    connection.closeSync()
    expect(read).toEqual(records.map(row => ({ ...row, x: row.x + 0 })))
  })

  test('numbers are String(number), and -0 is 0', () => {
    const numbers = [0, -0, 1, -1, 7, 10, 99, 100, 12345678, -2147483648, 2147483647, 2147483648, -2147483649]
    const more = [
      0.1,
      1e21,
      -1.5e-7,
      Number.MAX_VALUE,
      Number.MIN_VALUE,
      2 ** 53,
      Number.NaN,
      Infinity,
      -Infinity,
    ]
    const all = [...numbers, ...more]
    expect(textOf('csv', all)).toBe(`value\n${all.map(n => `${String(n)}\n`).join('')}`)
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer(), fc.double()), { minLength: 1 }), values => {
        expect(textOf('csv', values)).toBe(`value\n${values.map(n => `${String(n)}\n`).join('')}`)
      }),
    )
  })

  test('writes every plain type', () => {
    const record = {
      flag: true,
      big: -9223372036854775808n,
      small: 42n,
      at: new Date(0),
      raw: new Uint8Array([0, 255, 16]),
      none: null,
      text: '',
    }
    expect(textOf('csv', [record, { ...record, flag: false, text: null, at: null }])).toBe(
      'flag,big,small,at,raw,none,text\n' +
        'true,-9223372036854775808,42,1970-01-01T00:00:00.000Z,AP8Q,,""\n' +
        'false,-9223372036854775808,42,,AP8Q,,\n',
    )
  })

  test('a pair is the columns key and value, a scalar the column value', () => {
    expect(
      textOf('csv', [
        ['a', 1],
        ['b', 2],
      ]),
    ).toBe('key,value\na,1\nb,2\n')
    expect(textOf('csv', ['x', 'y,z'])).toBe('value\nx\n"y,z"\n')
  })

  test('a part without rows has its header, and none where no schema is known', () => {
    const schema: Schema = { shape: 'object', fields: [{ name: 'a,b', type: { kind: 'utf8' } }] }
    expect(textOf('csv', [], schema)).toBe('"a,b"\n')
    expect(textOf('csv', [])).toBe('')
  })

  test('every batch is cast to the schema of the part', () => {
    const schema: Schema = {
      shape: 'object',
      fields: [
        { name: 'a', type: { kind: 'utf8' } },
        { name: 'b', type: { kind: 'number', width: 'float64' } },
      ],
    }
    const batches = [...batchesOf([{ b: 1 }]), ...batchesOf([{ a: 'x' }]), ...batchesOf([{ a: null, b: 2 }])]
    expect(Buffer.from(fileOf('csv', batches, schema)).toString()).toBe('a,b\n,1\nx,\n,2\n')
  })

  test('nested columns are refused with a way out', () => {
    const write = (record: unknown) => () => textOf('csv', [record])
    expect(write({ id: 1, tags: ['x'] })).toThrow('column "tags" is list<utf8>, which CSV has no form for')
    expect(write({ at: { lat: 1 } })).toThrow('column "at" is struct<lat: float64>')
    expect(write({ v: new Float64Array(2) })).toThrow('column "v" is Float64Array')
    try {
      write({ tags: ['x'] })()
    } catch (error) {
      expect(error).toMatchObject({ code: 'TYPE_MISMATCH', hint: expect.stringContaining('write.jsonl') })
    }
  })

  test('pieces are given away as they fill, and never change afterwards', () => {
    const batches = batchesOf(
      Array.from({ length: 200_000 }, (_, i) => ({ i, text: `row ${i}, "quoted"` })),
      10_000,
    )
    expect(Buffer.from(fileOf('csv', batches)).toString()).toBe(
      `i,text\n${Array.from({ length: 200_000 }, (_, i) => `${i},"row ${i}, ""quoted"""\n`).join('')}`,
    )
  })
})

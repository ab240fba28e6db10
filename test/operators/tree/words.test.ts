/** words(): exactly the regular expression, whatever the bytes. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DunlinError } from '../../../operators/errors.ts'
import { batchesOf, Functions, INPUT, recordsIn, runChain } from './run-chain.ts'

const WORDS = { op: 'words', input: INPUT } as const
const env = new Functions().env()
const words = (lines: readonly unknown[], sizes?: readonly number[]) =>
  recordsIn(runChain([WORDS], env, batchesOf(lines, sizes)))
const expected = (line: string): string[] => line.toLowerCase().match(/\p{L}+/gu) ?? []

describe('words()', () => {
  it('equals the regular expression for any text', () => {
    const letters = fc.constantFrom(
      'A',
      'z',
      'É',
      'ß',
      'İ',
      'Σ',
      'ς',
      'ǅ',
      '語',
      '\u{10400}',
      '\u{1d400}',
      '1',
      ' ',
      "'",
      '-',
      '\u0301',
      '\u00ad',
      '_',
      '[',
      '`',
      '{',
      '@',
      '\0',
      '\u{1f600}',
    )
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.string({ unit: 'binary-ascii', maxLength: 60 }),
      fc.array(letters, { maxLength: 30 }).map(all => all.join('')),
    )
    fc.assert(
      fc.property(
        fc.array(fc.option(line), { maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        (lines, size) => {
          expect(words(lines, [size])).toEqual(lines.flatMap(one => (one === null ? [] : expected(one))))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('equals it for every character of the basic plane', () => {
    const lines: string[] = []
    for (let from = 0; from < 0xd800; from += 64) {
      lines.push(Array.from({ length: 64 }, (_, i) => `${String.fromCharCode(from + i)} `).join(''))
    }
    expect(words(lines)).toEqual(lines.flatMap(expected))
  })

  it('cuts batches by its own rows and bytes, also within a line', () => {
    const long = 'ab '.repeat(100_000)
    const batches = runChain([WORDS], env, batchesOf([long, 'é', `${'x'.repeat(5 << 20)} y`, long]))
    expect(batches.every(batch => batch.length <= 65_536)).toBe(true)
    expect(batches.reduce((n, batch) => n + batch.length, 0)).toBe(200_003)
    expect(recordsIn(batches)).toEqual([long, 'é', `${'x'.repeat(5 << 20)} y`, long].flatMap(expected))
  })

  it('cuts batches of long words by their bytes', () => {
    const line = `${'x'.repeat(1000)} `.repeat(100)
    const batches = runChain([WORDS], env, batchesOf(Array.from({ length: 100 }, () => line)))
    expect(batches.map(batch => batch.length)).toEqual([4195, 4195, 1610])
  })

  it.each([
    [[1], 'scalar float64', 'Make strings of them'],
    [[{ n: 1, line: 'x' }], 'object { n: float64, line: utf8 }', '.map(record => record["line"]).words()'],
    [[['x', 1]], 'pair (utf8, float64)', '.map(record => record[0]).words()'],
  ])('refuses %j', (records, text, hint) => {
    const error = thrownBy(() => words(records))
    expect(error).toMatchObject({ code: 'TYPE_MISMATCH', place: { operator: 'Words' } })
    expect(error.message).toBe(`Words: words() splits strings, but the records are ${text}`)
    expect(error.hint).toContain(hint)
  })
})

function thrownBy(work: () => unknown): DunlinError {
  try {
    work()
  } catch (error) {
    return error as DunlinError
  }
  throw new Error('nothing was thrown')
}

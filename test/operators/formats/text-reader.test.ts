import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSplitReader } from '../../../operators/formats/split-reader.ts'
import { BATCH_BYTES, BATCH_ROWS, type Batch, type DunlinError } from '../../../operators/index.ts'
import { bytesOf, type Cutting, readInSplits } from './split-reading.ts'

const TEXT = { format: 'text', onInvalid: 'replace' } as const

/** The oracle: decode the whole object, then split it. */
function linesOf(object: Uint8Array): string[] {
  const text = new TextDecoder().decode(object)
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

const cutting: fc.Arbitrary<Cutting> = fc.record({
  splitBytes: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 400 })),
  pieceBytes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
})

const anyBytes = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .constantFrom('\n', '\r\n', '\r', '', 'a', 'word', 'é', '漢', '😀', '\uFEFF', '\uFFFD')
          .map(bytesOf),
      },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 6 }) },
      { weight: 1, arbitrary: fc.nat(90).map(n => bytesOf('x'.repeat(n))) },
    ),
    { maxLength: 40 },
  )
  .map(pieces => new Uint8Array(pieces.flatMap(piece => [...piece])))

describe('text reader', () => {
  test('any bytes, any splits, any pieces: every line once, in order', () => {
    fc.assert(
      fc.property(anyBytes, cutting, (object, cuts) => {
        expect(readInSplits(TEXT, object, cuts).records).toEqual(linesOf(object))
      }),
      { numRuns: 4000 },
    )
  })

  test('counts the invalid sequences that it replaces, however the bytes are cut', () => {
    fc.assert(
      fc.property(anyBytes, cutting, (object, cuts) => {
        const genuine = [...new TextDecoder('utf-8', { fatal: false }).decode(object)].filter(
          c => c === '\uFFFD',
        ).length
        const own = Buffer.from(object).toString('latin1').split('\xEF\xBF\xBD').length - 1
        expect(readInSplits(TEXT, object, cuts).invalidText).toBe(genuine - own)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['nothing', '', []],
    ['one empty line', '\n', ['']],
    ['empty lines', '\n\r\n\n', ['', '', '']],
    ['no final newline', 'a\nb', ['a', 'b']],
    ['a lone carriage return', 'a\rb\r', ['a\rb\r']],
    ['a byte order mark', '\uFEFFa\n\uFEFFb', ['a', '\uFEFFb']],
    ['only a byte order mark', '\uFEFF', []],
    ['a byte order mark and an empty line', '\uFEFF\n', ['']],
  ])('reads %s', (_name, text, lines) => {
    for (const splitBytes of [1, 2, 3, 100]) {
      expect(readInSplits(TEXT, bytesOf(text), { splitBytes, pieceBytes: [1] }).records).toEqual(lines)
    }
  })

  test('a split stops reading at the end of its last line', () => {
    const object = bytesOf('0123456789\n'.repeat(1000))
    const { pushed } = readInSplits(TEXT, object, { splitBytes: 1100, pieceBytes: [11] })
    expect(pushed).toBeLessThan(object.length + 10 * 22)
  })

  test('batches are cut by rows and by bytes, wherever the bytes were cut', () => {
    const short = bytesOf('a\n'.repeat(BATCH_ROWS + 5))
    const long = bytesOf(`${'x'.repeat(1_000_003)}\n`.repeat(9))
    const huge = bytesOf(`a\n${'y'.repeat(BATCH_BYTES + 1)}\nb\n`)
    const cut = (object: Uint8Array, piece: number) =>
      readInSplits(TEXT, object, { splitBytes: 1e9, pieceBytes: [piece] }).batches.map(batch => batch.length)
    for (const piece of [7777, 1 << 20, 1e9]) {
      expect(cut(short, piece)).toEqual([BATCH_ROWS, 5])
      expect(cut(long, piece)).toEqual([4, 4, 1])
      expect(cut(huge, piece)).toEqual([1, 1, 1])
    }
  })

  test("with onInvalid 'fail' the first bad line is an error that knows its offset", () => {
    const reader = createSplitReader(
      { format: 'text', onInvalid: 'fail' },
      { uri: 'file:///a.txt', start: 0, end: 99 },
    )
    const bytes = new Uint8Array([...bytesOf('ok\nfine\n'), 0x62, 0xff, 0x0a])
    let thrown: unknown
    try {
      reader.push(bytes, () => {})
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({
      code: 'BAD_RECORD',
      message: 'file:///a.txt holds bytes that are not UTF-8',
    })
    expect((thrown as DunlinError).place.record).toBe('"b\uFFFD"')
    expect(reader.badOffset).toBe(8)
  })

  test('bytes of two lines never join into one character', () => {
    const object = new Uint8Array([0xc3, 0x0a, 0xa9, 0x0a])
    expect(readInSplits(TEXT, object).records).toEqual(['\uFFFD', '\uFFFD'])
  })

  test('a line of more than 256 MB is refused before it is held', () => {
    const reader = createSplitReader(TEXT, { uri: 'file:///big.bin', start: 0, end: 1e12 })
    const piece = new Uint8Array(64 << 20).fill(0x61)
    const push = () => reader.push(piece, (_batch: Batch) => {})
    for (let i = 0; i < 4; i++) expect(push()).toBe(false)
    expect(push).toThrow('file:///big.bin has a line longer than 256 MB')
  })
})

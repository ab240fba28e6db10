/** Readers where bad records are skipped: what is left, and what is told of the rest, wherever splits and pieces end. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DunlinError } from '../../../operators/errors.ts'
import type { ReadFormat } from '../../../operators/index.ts'
import { BadNotes } from '../rows/bad-notes.ts'
import { bytesOf, type Cutting, readInSplits, WHOLE } from './split-reading.ts'

const JSONL: ReadFormat = { format: 'jsonl' }
const DECLARED: ReadFormat = {
  format: 'jsonl',
  schema: { shape: 'object', fields: [{ name: 'n', type: { kind: 'number', width: 'int8' } }] },
}

function skipping(format: ReadFormat, object: Uint8Array, cutting: Cutting = WHOLE) {
  const bad = new BadNotes()
  const { records } = readInSplits(format, object, cutting, { bad })
  return { records, bad }
}

const cuttings: fc.Arbitrary<Cutting> = fc.record({
  splitBytes: fc.integer({ min: 1, max: 60 }),
  pieceBytes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
})

interface Line {
  readonly text: string
  /** What it reads as; undefined for a bad line. */
  readonly record?: unknown
}

const goodOrBad: fc.Arbitrary<Line> = fc.oneof(
  fc.integer({ min: -128, max: 127 }).map(n => ({ text: JSON.stringify({ n }), record: { n } })),
  fc
    .constantFrom('{"n":', 'n', '{"n":1}}', '{"n":"x"}', '{"n":128}', '{"n":0.5}', '7', '[1,2,3]')
    .map(text => ({ text })),
)

describe('JSON Lines', () => {
  it('without the bad ones read as if those had never been there, and tell of each once, in order', () => {
    fc.assert(
      fc.property(fc.array(goodOrBad, { maxLength: 20 }), cuttings, (lines, cutting) => {
        const { records, bad } = skipping(
          DECLARED,
          bytesOf(lines.map(({ text }) => `${text}\n`).join('')),
          cutting,
        )
        expect(records).toEqual(lines.flatMap(({ record }) => (record === undefined ? [] : [record])))
        expect(bad.records).toEqual(lines.flatMap(({ text, record }) => (record === undefined ? [text] : [])))
      }),
      { numRuns: 300 },
    )
  })

  it('are told of by line, or by their first byte where the lines before have not been read', () => {
    const object = bytesOf('{"n":1}\n\nbad one\r\n{"n":2}\nbad two')
    const places = (cutting: Cutting) =>
      skipping(JSONL, object, cutting).bad.errors.map(error => error.place.at)
    expect(places(WHOLE)).toEqual(['memory://test/object:3', 'memory://test/object:5'])
    expect(places({ splitBytes: 20, pieceBytes: [7] })).toEqual([
      'memory://test/object:3',
      'memory://test/object at byte 26',
    ])
  })

  it('say why, and which operator it was', () => {
    const { bad } = skipping(DECLARED, bytesOf('{"n":1000}\n{'))
    expect(bad.errors.map(({ code, place }) => [code, place.operator, place.record])).toEqual([
      ['TYPE_MISMATCH', 'Scan jsonl', '{ n: 1000 }'],
      ['BAD_RECORD', 'Scan jsonl', '{'],
    ])
  })

  it('of which two do not go together are refused: nobody knows which one is wrong', () => {
    const read = () => skipping(JSONL, bytesOf('{"n":1}\n{"n":"x"}\n'))
    expect(read).toThrow(DunlinError)
    expect(read).toThrow('column "n" holds float64 and utf8')
  })

  it('that no dataset can hold are bad without a declared schema too', () => {
    const { records, bad } = skipping(
      JSONL,
      bytesOf('{"n":1}\n[1,2,3]\n{"n":"\\ud800"}\n{"n":[1,"x"]}\n{"n":2}'),
    )
    expect(records).toEqual([{ n: 1 }, { n: 2 }])
    expect(bad.records).toEqual(['[1,2,3]', '{"n":"\\ud800"}', '{"n":[1,"x"]}'])
  })
})

describe('text', () => {
  const object = new Uint8Array([0x61, 10, 0xff, 0x62, 10, 0x63, 10])

  it('that is not UTF-8 is skipped where it would be refused, and told of as it is repaired', () => {
    const { records, bad } = skipping({ format: 'text', onInvalid: 'fail' }, object)
    expect(records).toEqual(['a', 'c'])
    expect(bad.records).toEqual(['\ufffdb'])
    expect(bad.errors[0]!.place).toMatchObject({ operator: 'Scan text', at: 'memory://test/object:2' })
  })

  it('that is repaired is no bad record', () => {
    const { records, bad } = skipping({ format: 'text', onInvalid: 'replace' }, object)
    expect(records).toEqual(['a', '\ufffdb', 'c'])
    expect(bad.records).toEqual([])
  })
})

describe('fixed-length records', () => {
  it('of which the last is torn lose that one, told of as base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 7 }), (bytes, length) => {
        const { records, bad } = skipping({ format: 'records', length }, bytes, {
          splitBytes: 9,
          pieceBytes: [5, 3],
        })
        const whole = bytes.length - (bytes.length % length)
        const read = records.flatMap(record => [...(record as { value: Uint8Array }).value])
        expect(read).toEqual([...bytes.subarray(0, whole)])
        const torn = Buffer.from(bytes.subarray(whole)).toString('base64')
        expect(bad.records).toEqual(torn === '' ? [] : [torn])
      }),
    )
  })
})

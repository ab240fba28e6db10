import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReadFormat } from '../../operators/index.ts'
import { type ListedObject, type Split, scanNode } from '../../planner/index.ts'
import { sampleSplits } from '../../planner/split-sample.ts'
import { splitsOf } from '../../planner/splits.ts'
import { MIB } from './job.ts'

const TEXT = { format: 'text', onInvalid: 'replace' } as const
const KIB = 1024

function sampled(sizes: readonly number[], splitBytes: number, format: ReadFormat = TEXT, more = {}) {
  const scan = scanNode({ kind: 'files', uris: ['in/'], format }, splitBytes)
  const objects = sizes.map(
    (sizeBytes, i): ListedObject => ({ root: 'r', key: `${i}`, sizeBytes, version: 'v', ...more }),
  )
  const cut = splitsOf(scan, { objects }, {})
  return { whole: cut, ...sampleSplits(cut, format) }
}

const bytesOf = ({ ranges }: Split) => ranges.reduce((sum, { start, end }) => sum + end - start, 0)

test('a sixteenth of each split is read, in pieces from the middle of equal parts', () => {
  const { cut, fraction } = sampled([128 * MIB], 64 * MIB)
  expect(fraction).toBe(1 / 16)
  const pieces = cut.splits.map(({ ranges }) => ranges.map(({ start, end }) => [start / KIB, end / KIB]))
  expect(pieces.map(one => one.length)).toEqual([16, 16])
  // Every 4 MiB a piece of 256 KiB.
  expect(pieces[0]!.slice(0, 2)).toEqual([
    [1920, 2176],
    [6016, 6272],
  ])
  expect(pieces[1]![0]).toEqual([65536 + 1920, 65536 + 2176])
})

test('small splits have few pieces, as a piece has at least 64 KiB', () => {
  const pieces = (splitBytes: number) => sampled([80 * MIB], splitBytes).cut.splits[0]!.ranges.length
  expect([MIB / 2, MIB, 2 * MIB, 3 * MIB, 16 * MIB, 32 * MIB].map(pieces)).toEqual([1, 1, 2, 3, 16, 16])
})

test('a piece of many small objects goes on in the next', () => {
  const { cut } = sampled(new Array(2600).fill(32 * KIB), 4 * MIB)
  const [{ ranges } = { ranges: [] }] = cut.splits
  // Four pieces of 64 KiB, each of two objects or parts of three.
  expect(ranges.length).toBeLessThanOrEqual(12)
  expect(new Set(ranges.map(({ key }) => key)).size).toBe(ranges.length)
  expect(bytesOf({ ranges })).toBe(256 * KIB)
})

test('many splits have fewer pieces each', () => {
  const { cut } = sampled([8192 * 32 * MIB], 32 * MIB)
  expect(cut.splits[0]!.ranges.length).toBe(8)
  expect(bytesOf(cut.splits[0]!)).toBe(2 * MIB)
})

describe('all is read', () => {
  test.each<[string, Parameters<typeof sampled>]>([
    ['of 64 MiB and less', [[64 * MIB], MIB]],
    ['of compressed objects', [[80 * MIB], MIB, TEXT, { compression: 'zstd' }]],
    ['of record batches', [[80 * MIB], MIB, { format: 'arrow' }, { batches: 100 }]],
  ])('%s', (_, args) => {
    const { cut, whole, fraction } = sampled(...args)
    expect(fraction).toBe(1)
    expect(cut).toBe(whole)
  })

  test('of numbers', () => {
    const format = { format: 'range', start: 0, step: 1 } as const
    const cut = splitsOf(scanNode({ kind: 'range', start: 0, end: 1e9, step: 1 }), undefined, {})
    expect(sampleSplits(cut, format)).toEqual({ cut, fraction: 1 })
  })
})

test('the sample has a listing of its own, and what it weighs stays', () => {
  const { cut, whole } = sampled([80 * MIB], MIB)
  expect(cut.listing).toMatch(/^[0-9a-f]{64}$/)
  expect(cut.listing).not.toBe(whole.listing)
  expect([cut.bytes, cut.weightBytes]).toEqual([5 * MIB, 80 * MIB])
})

test('pieces lie in their split, apart and in order, and are the share that they are said to be', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 60 * MIB }), { minLength: 3, maxLength: 12 })
  const splitSize = fc.integer({ min: 2 * MIB, max: 70 * MIB })
  const recordLength = fc.constantFrom(1, 7, 100, 4096)
  fc.assert(
    fc.property(sizes, splitSize, recordLength, (objects, splitBytes, length) => {
      const format: ReadFormat = length === 1 ? TEXT : { format: 'records', length }
      const { cut, whole, fraction } = sampled(
        objects.map(size => Math.ceil(size / length) * length),
        splitBytes,
        format,
      )
      expect(cut.splits.length).toBe(whole.splits.length)
      for (const [i, split] of cut.splits.entries()) {
        const from = whole.splits[i]!
        let at = 0
        let last = 0
        for (const piece of split.ranges) {
          while (from.ranges[at]!.key !== piece.key) {
            at++
            last = 0
          }
          const { start, end, size } = from.ranges[at]!
          const inside = piece.start >= Math.max(start, last) && piece.end <= end
          const whole = piece.start % length === 0 && piece.end % length === 0 && piece.size === size
          expect({ piece, inside, whole, empty: piece.end <= piece.start }).toMatchObject({
            inside: true,
            whole: true,
            empty: false,
          })
          last = piece.end
        }
        // Rounding to records: at most one more or less for each end of a piece.
        const slack = length * (2 * split.ranges.length + 2)
        if (fraction < 1)
          expect(Math.abs(bytesOf(split) - bytesOf(from) * fraction)).toBeLessThanOrEqual(slack)
      }
    }),
    { numRuns: 100 },
  )
})

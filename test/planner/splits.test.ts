import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ListedObject, Split } from '../../planner/index.ts'
import { scanNode } from '../../planner/index.ts'
import { defaultSplitBytes, defaultSplitRows, splitsOf } from '../../planner/splits.ts'
import { Job, MIB } from './job.ts'

function cut(objects: readonly Partial<ListedObject>[], splitBytes?: number): readonly Split[] {
  const job = new Job()
  const scan = job.files(objects, splitBytes)
  return splitsOf(scan, job.facts.listings.get(scan), {}).splits
}

/** `part-0:0-10 part-1:0-5 | part-2:0-20`: a split between bars. */
function text(splits: readonly Split[]): string {
  return splits
    .map(({ ranges }) => ranges.map(({ key, start, end }) => `${key}:${start}-${end}`).join(' '))
    .join(' | ')
}

const sizes = (...bytes: number[]) => bytes.map(sizeBytes => ({ sizeBytes }))

test('a large object is cut at multiples of the split size', () => {
  expect(text(cut(sizes(25), 10))).toBe('part-0:0-10 | part-0:10-20 | part-0:20-25')
})

test('fixed-length records are cut between records', () => {
  const format = { format: 'records', length: 7 } as const
  const scan = scanNode({ kind: 'files', uris: ['in/'], format }, 10)
  const objects = [{ root: 'r', key: 'part-0', sizeBytes: 21, version: 'v' }]
  expect(text(splitsOf(scan, { objects }, {}).splits)).toBe('part-0:0-7 | part-0:7-14 | part-0:14-21')
  const small = scanNode({ kind: 'files', uris: ['in/'], format }, 3)
  expect(splitsOf(small, { objects }, {}).splits).toHaveLength(3)
})

test('small neighbours share a split, in listing order', () => {
  expect(text(cut(sizes(4, 5, 3, 8, 2), 10))).toBe(
    'part-0:0-4 part-1:0-5 | part-2:0-3 | part-3:0-8 part-4:0-2',
  )
})

test('what is left of a large object shares a split with what follows', () => {
  expect(text(cut(sizes(12, 3, 6), 10))).toBe('part-0:0-10 | part-0:10-12 part-1:0-3 | part-2:0-6')
})

test('a compressed object is never cut', () => {
  const objects = [{ sizeBytes: 25, compression: 'gzip' as const }, { sizeBytes: 4 }]
  const splits = cut(objects, 10)
  expect(text(splits)).toBe('part-0:0-25 | part-1:0-4')
  expect(splits[0]!.ranges[0]).toMatchObject({ compression: 'gzip', size: 25, version: 'v0' })
})

test('empty objects have no range, and only empty objects one split without any', () => {
  expect(text(cut(sizes(0, 4, 0), 10))).toBe('part-1:0-4')
  expect(cut(sizes(0, 0), 10)).toEqual([{ ranges: [] }])
  expect(cut([], 10)).toEqual([{ ranges: [] }])
})

test('a split names at most 128 objects, so that a task stays a small message', () => {
  const splits = cut(sizes(...new Array(300).fill(1)))
  expect(splits.map(split => split.ranges.length)).toEqual([128, 128, 44])
})

test('objects of record batches are cut between batches, in proportion', () => {
  const job = new Job()
  const scan = job.values(
    [
      { sizeBytes: 100, batches: 10 },
      { sizeBytes: 5, batches: 1 },
    ],
    35,
  )
  const { splits } = splitsOf(scan, job.facts.listings.get(scan), {})
  expect(text(splits)).toBe('part-0:0-3 | part-0:3-6 | part-0:6-9 | part-0:9-10 part-1:0-1')
  expect(splits[0]!.ranges[0]!.size).toBe(10)
})

describe('defaults', () => {
  test('a source is cut in 32, by no less than 1 MiB and no more than 64 MiB', () => {
    expect([0, 10 * MIB, 64 * MIB, 320 * MIB, 1e12].map(defaultSplitBytes)).toEqual([
      MIB,
      MIB,
      2 * MIB,
      10 * MIB,
      64 * MIB,
    ])
  })

  test('a range is cut in 32, by no less than 4,096 and no more than 262,144 numbers', () => {
    expect([0, 100, 320_000, 1e9].map(defaultSplitRows)).toEqual([4096, 4096, 10_000, 262_144])
  })

  test('the scan decides before the options, and those before the default', () => {
    const job = new Job()
    const own = job.files(sizes(4 * MIB), 2 * MIB)
    const free = job.files(sizes(4 * MIB))
    const count = (scan: typeof own, splitBytes?: number) =>
      splitsOf(scan, job.facts.listings.get(scan), splitBytes === undefined ? {} : { splitBytes }).splits
        .length
    expect([count(own, 4 * MIB), count(free, 4 * MIB), count(free)]).toEqual([2, 1, 4])
  })
})

describe('ranges', () => {
  const range = (start: number, end: number, step: number, splitRows?: number) =>
    splitsOf(
      scanNode({ kind: 'range', start, end, step, ...(splitRows === undefined ? {} : { splitRows }) }),
      undefined,
      {},
    )

  test('splits are positions in the sequence', () => {
    expect(text(range(10, 20, 3, 3).splits)).toBe('range:0-3 | range:3-4')
    expect(range(0, 20_000, 1).splits.map(({ ranges }) => ranges[0]!.end)).toEqual([
      4096, 8192, 12288, 16384, 20000,
    ])
  })

  test('an empty range has one task without numbers', () => {
    expect(range(5, 5, 1).splits).toEqual([{ ranges: [] }])
    expect(range(5, 0, 1).splits).toEqual([{ ranges: [] }])
    expect(text(range(5, 0, -2).splits)).toBe('range:0-3')
  })
})

test('a source of more than a million splits is refused with what to do', () => {
  expect(() =>
    splitsOf(scanNode({ kind: 'range', start: 0, end: 2e6, step: 1, splitRows: 1 }), undefined, {}),
  ).toThrow(expect.objectContaining({ code: 'INVALID_PLAN', hint: expect.stringContaining('splitRows') }))
})

test('any listing: each byte of each object is in exactly one range, in order, and splits keep to their size', () => {
  const object = fc.record({
    sizeBytes: fc.oneof(fc.nat(40), fc.nat(2000)),
    compression: fc.option(fc.constantFrom('gzip' as const, 'zstd' as const), { nil: undefined }),
  })
  const runs = 500
  fc.assert(
    fc.property(
      fc.array(object, { maxLength: 40 }),
      fc.integer({ min: 1, max: 300 }),
      (objects, splitBytes) => {
        const listed = objects.map(({ sizeBytes, compression }) => ({
          sizeBytes,
          ...(compression === undefined ? {} : { compression }),
        }))
        const splits = cut(listed, splitBytes)
        const covered: { key: string; bytes: number }[] = []
        for (const { ranges } of splits) {
          for (const range of ranges) {
            const { key, start, end, size } = range
            const last = covered.at(-1)
            if (last?.key === key) {
              expect(start).toBe(last.bytes)
              last.bytes = end
            } else {
              expect(start).toBe(0)
              covered.push({ key, bytes: end })
            }
            expect(end).toBeGreaterThan(start)
            expect(size).toBe(listed[Number(key.slice('part-'.length))]!.sizeBytes)
          }
          const bytes = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
          if (ranges.length > 1) expect(bytes).toBeLessThanOrEqual(splitBytes)
          if (bytes > splitBytes) expect(ranges[0]!.compression).toBeDefined()
        }
        const expected = listed.flatMap(({ sizeBytes }, i) =>
          sizeBytes > 0 ? [{ key: `part-${i}`, bytes: sizeBytes }] : [],
        )
        expect(covered).toEqual(expected)
      },
    ),
    { numRuns: runs },
  )
})

test('any objects of batches: each batch is in exactly one range, in order', () => {
  const object = fc.record({ sizeBytes: fc.integer({ min: 1, max: 5000 }), batches: fc.nat(60) })
  fc.assert(
    fc.property(
      fc.array(object, { maxLength: 20 }),
      fc.integer({ min: 1, max: 3000 }),
      (objects, splitBytes) => {
        const job = new Job()
        const scan = job.values(objects, splitBytes)
        const seen = splitsOf(scan, job.facts.listings.get(scan), {}).splits.flatMap(({ ranges }) =>
          ranges.flatMap(({ key, start, end }) =>
            Array.from({ length: end - start }, (_, i) => `${key} ${start + i}`),
          ),
        )
        const expected = objects.flatMap(({ batches }, i) =>
          Array.from({ length: batches }, (_, b) => `part-${i} ${b}`),
        )
        expect(seen).toEqual(expected)
      },
    ),
    { numRuns: 500 },
  )
})

describe('the hash of the listing', () => {
  const hash = (objects: readonly Partial<ListedObject>[], splitBytes = 10) => {
    const job = new Job()
    const scan = job.files(objects, splitBytes)
    return splitsOf(scan, job.facts.listings.get(scan), {}).listing
  }
  const base = [{ sizeBytes: 15 }, { sizeBytes: 5 }]

  test('is the same wherever the root is', () => {
    expect(hash(base.map(one => ({ ...one, root: 'file:///elsewhere/' })))).toBe(hash(base))
  })

  test.each<[string, readonly Partial<ListedObject>[], number]>([
    ['a key', [{ sizeBytes: 15, key: 'other' }, { sizeBytes: 5 }], 10],
    ['a size', [{ sizeBytes: 16 }, { sizeBytes: 5 }], 10],
    ['a version', [{ sizeBytes: 15, version: 'w' }, { sizeBytes: 5 }], 10],
    ['a compression', [{ sizeBytes: 15 }, { sizeBytes: 5, compression: 'gzip' }], 10],
    [
      'the order',
      [
        { sizeBytes: 5, key: 'part-1', version: 'v1' },
        { sizeBytes: 15, key: 'part-0', version: 'v0' },
      ],
      10,
    ],
    ['the cuts', base, 5],
    [
      'which objects have a root in common',
      [{ sizeBytes: 15, root: 'file:///other/' }, { sizeBytes: 5 }],
      10,
    ],
  ])('changes with %s', (_, objects, splitBytes) => expect(hash(objects, splitBytes)).not.toBe(hash(base)))

  test('of values that were staged does not depend on where they were staged', () => {
    const staged = (key: string) => {
      const job = new Job()
      const scan = job.values([{ key, sizeBytes: 5, batches: 1 }])
      return splitsOf(scan, job.facts.listings.get(scan), {}).listing
    }
    expect(staged('jobs/1/values-0')).toBe(staged('jobs/2/values-0'))
  })
})

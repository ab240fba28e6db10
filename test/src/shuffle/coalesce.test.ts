import { expect, test } from 'vitest'
import { coalesced } from '../../../src/shuffle/coalesce.ts'
import type { Slice } from '../../../src/shuffle/read-slice.ts'

const slice = (offset: number, byteLength: number): Slice =>
  ({ entry: { offset, byteLength, crc32: 0, rows: 1 } }) as Slice

test('slices side by side are one range, small gaps are read along, larger ones are not', () => {
  const ranges = coalesced([slice(10, 5), slice(15, 5), slice(24, 1), slice(100, 2)], 4)
  expect(ranges.map(({ offset, length, slices }) => [offset, length, slices.length])).toEqual([
    [10, 15, 3],
    [100, 2, 1],
  ])
  expect(coalesced([])).toEqual([])
})

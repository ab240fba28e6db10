import { expect, test } from 'vitest'
import { manifestTimeoutMs } from '../../../../src/job/policies/manifest-time.ts'

test('a manifest task has some minutes, and more where it has more to read and to write', () => {
  const minutes = (tasks: number, partitions: number): number =>
    manifestTimeoutMs({ tasks, partitions }) / 60_000
  expect(minutes(1, 1)).toBeCloseTo(5, 3)
  expect(minutes(1_000, 1_000)).toBeCloseTo(5.2, 1)
  expect(minutes(100_000, 1_000)).toBeCloseTo(21.7, 1)
})

import { expect, it } from 'vitest'
import { MOST_PARTS, partBytes } from '../../../../lambda/aws/s3/part-size.ts'

const MIB = 2 ** 20

it('parts are as long as S3 takes them, and reach for the largest object that was 5 TiB', () => {
  let sum = 0
  for (let number = 1; number <= MOST_PARTS; number++) {
    const bytes = partBytes(number)
    expect(bytes >= 5 * MIB && bytes <= 5 * 1024 * MIB, `part ${number} has ${bytes}`).toBe(true)
    expect(bytes).toBeGreaterThanOrEqual(partBytes(Math.max(1, number - 1)))
    sum += bytes
  }
  expect(sum).toBeGreaterThan(5 * 2 ** 40)
})

it('parts stay short while objects are: 8 MiB up to 8 GB', () => {
  expect(partBytes(1)).toBe(8 * MIB)
  expect(partBytes(1_000)).toBe(8 * MIB)
  expect(partBytes(1_001)).toBe(16 * MIB)
})

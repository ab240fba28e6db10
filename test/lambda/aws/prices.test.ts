import { describe, expect, test } from 'vitest'
import { awsRates } from '../../../lambda/aws/aws-rates.ts'
import { lambdaLimits, s3Limits } from '../../../lambda/aws/limits.ts'
import { engineDollars, pricesOf } from '../../../lambda/aws/prices.ts'
import { partBytes, UPLOADS } from '../../../lambda/aws/s3/part-size.ts'

describe('prices', () => {
  test('say of which region and date they are, also where another one was asked for', () => {
    expect(pricesOf('us-east-1')).toMatchObject({ region: 'us-east-1', date: '2026-11' })
    expect(pricesOf('eu-central-1')).toEqual(pricesOf('us-east-1'))
    expect(pricesOf('constructor').region).toBe('us-east-1')
  })

  test('are replaced one by one by what is known better', () => {
    const own = pricesOf('eu-central-1', { perGet: 0.43e-6, date: '2026-12' })
    expect(own).toEqual({ ...pricesOf('us-east-1'), perGet: 0.43e-6, date: '2026-12' })
    expect(engineDollars(own, 'x86_64')).toEqual({
      perGbSecond: 0.0000166667,
      perTask: 2e-7,
      perGet: 0.43e-6,
      perPut: 5e-6,
      priced: 'us-east-1, 2026-12',
    })
  })
})

test('rates of AWS hold the limits of S3 and how it writes what is long', () => {
  const rates = awsRates({ region: 'us-east-1', architecture: 'arm64' })
  expect(rates).toMatchObject({
    bytesPerSecond: lambdaLimits().bytesPerSecond,
    requestsPerSecond: { gets: s3Limits().getsPerSecond, puts: s3Limits().putsPerSecond },
    uploads: UPLOADS,
    dollars: { perGbSecond: 0.0000133334 },
  })
  const partitioned = { gets: 55_000, puts: 35_000 }
  expect(
    awsRates({ region: 'us-east-1', architecture: 'arm64', requestsPerSecond: partitioned })
      .requestsPerSecond,
  ).toEqual(partitioned)
  expect(partBytes(1)).toBe(UPLOADS.partBytes)
  expect(partBytes(UPLOADS.partsPerLength + 1)).toBe(2 * UPLOADS.partBytes)
})

test('a limit that an account has agreed upon takes the place of the usual one', () => {
  expect(lambdaLimits({ concurrency: 10_000 })).toEqual({ ...lambdaLimits(), concurrency: 10_000 })
  expect(s3Limits({ getsPerSecond: 55_000 })).toEqual({ ...s3Limits(), getsPerSecond: 55_000 })
})

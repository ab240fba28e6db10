import { DunlinError } from 'dunlin'
import { expect, test } from 'vitest'
import { checkConfig } from '../../../src/configuration/check-config.ts'

function refusal(config: unknown): { readonly message: string; readonly hint: string | undefined } {
  try {
    checkConfig('dunlin.config.ts', config)
  } catch (error) {
    if (error instanceof DunlinError && error.code === 'CONFIGURATION')
      return { message: error.message, hint: error.hint }
    throw error
  }
  throw new Error('it was not refused')
}

test('what every key may be is taken, and so is nothing at all', () => {
  const config = {
    engine: 'aws',
    local: {
      ...{ workers: 2, isolation: 'process', directory: '.jobs', base: 'data', workerMemoryMb: 512 },
      s3: {
        ...{ endpoint: 'http://127.0.0.1:9000', region: 'eu-central-1', forcePathStyle: true },
        ...{ expectedBucketOwner: '123456789012', kmsKeyId: 'alias/jobs' },
      },
    },
    aws: {
      ...{ region: 'eu-central-1', name: 'shop', bucket: 'shop-jobs', memorySizesMb: [1769] },
      ...{ timeoutMs: 60_000, architecture: 'arm64', concurrency: 100, invocation: 'auto' },
      ...{ base: 's3://shop/', store: 's3://shop-jobs/dunlin' },
      endpoints: { lambda: 'http://127.0.0.1:9001', s3: undefined },
      credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
    },
  }
  expect(checkConfig('dunlin.config.ts', config)).toBe(config)
  expect(checkConfig('dunlin.config.ts', {})).toEqual({})
})

test.each([
  [{ engin: 'aws' }, 'there is no setting engin', 'Is engine meant?'],
  [{ aws: { regoin: 'x' } }, 'there is no setting aws.regoin', 'Is aws.region meant?'],
  [{ local: { Workers: 1 } }, 'there is no setting local.Workers', 'Is local.workers meant?'],
  [{ aws: { memorySizes: [1] } }, 'there is no setting aws.memorySizes', 'Is aws.memorySizesMb meant?'],
  [{ aws: { endpoints: { s4: 'x' } } }, 'there is no setting aws.endpoints.s4', 'Is aws.endpoints.s3 meant?'],
  [{ toString: 1 }, 'there is no setting toString', 'A configuration has the keys engine, local, aws.'],
  [{ local: { zebra: 1 } }, 'there is no setting local.zebra', 'local has the keys workers, isolation,'],
])('a key that does not exist is named with its place and the nearest one: %j', (config, message, hint) => {
  const refused = refusal(config)
  expect(refused.message).toBe(`dunlin.config.ts: ${message}`)
  expect(refused.hint).toContain(hint)
})

test.each([
  [{ engine: 'azure' }, `engine is "azure", not 'local', 'aws' or 'aws-local'`],
  [{ local: { workers: 0 } }, 'local.workers is 0, not a whole number from 1 on'],
  [{ local: { isolation: 'box' } }, `local.isolation is "box", not 'thread', 'process' or 'inline'`],
  [{ aws: { memorySizesMb: 1769 } }, 'aws.memorySizesMb is 1769, not a list of whole numbers'],
  [{ aws: { base: '' } }, 'aws.base is "", not text'],
  [{ aws: { store: '.jobs' } }, `aws.store is ".jobs", not an address as 's3://bucket/prefix'`],
  [
    { aws: { endpoints: { s3: 'minio' } } },
    'aws.endpoints.s3 is "minio", not a URL as http://127.0.0.1:9000',
  ],
  [{ aws: { concurrency: 1.5 } }, 'aws.concurrency is 1.5, not a whole number from 1 on'],
  [{ aws: 'eu-central-1' }, 'aws is "eu-central-1", not an object'],
  [['aws'], 'the default export is ["aws"], not an object'],
  [null, 'the default export is null, not an object'],
  [() => ({}), 'the default export is a function, not an object'],
])('a value that is none is told with what may stand there: %j', (config, message) => {
  expect(refusal(config).message).toBe(`dunlin.config.ts: ${message}`)
})

test('a wrong secret is not shown', () => {
  const { message } = refusal({ aws: { credentials: { accessKeyId: ['hush'], secretAccessKey: 'hush' } } })
  expect(message).toBe('dunlin.config.ts: aws.credentials.accessKeyId is something else, not text')
  expect(refusal({ aws: { credentials: 'hush' } }).message).not.toContain('hush')
})

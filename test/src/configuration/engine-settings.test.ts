import { type DunlinConfig, DunlinError } from 'dunlin'
import { expect, test } from 'vitest'
import { type Environment, engineSettings } from '../../../src/configuration/engine-settings.ts'

const FILE = '/home/ann/shop/dunlin.config.ts'
const settings = (config: DunlinConfig, env: Environment = {}) => engineSettings({ config, file: FILE }, env)

function refusal(config: DunlinConfig, env: Environment): string {
  try {
    settings(config, env)
  } catch (error) {
    if (error instanceof DunlinError && error.code === 'CONFIGURATION') return error.message
    throw error
  }
  return 'nothing'
}

test('the environment comes before the file, and the file before the defaults', () => {
  expect(engineSettings({ config: {} }, {})).toEqual({ engine: 'local', local: {}, aws: {} })
  expect(settings({ engine: 'aws' }).engine).toBe('aws')
  expect(settings({ engine: 'aws' }, { DUNLIN_ENGINE: 'aws-local' }).engine).toBe('aws-local')
  const config: DunlinConfig = { local: { workers: 8, isolation: 'thread' }, aws: { concurrency: 100 } }
  const env = { DUNLIN_WORKERS: '2', DUNLIN_ISOLATION: 'process', DUNLIN_LAPSE_MS: '500' }
  expect(settings(config, env)).toEqual({
    engine: 'local',
    local: { workers: 2, isolation: 'process' },
    aws: { concurrency: 2 },
    lapseMs: 500,
  })
})

test('paths of the file are relative to its directory, those of the environment are as given', () => {
  const config: DunlinConfig = { local: { directory: '.jobs', base: 'data' }, aws: { base: 's3://shop/x' } }
  expect(settings(config)).toMatchObject({
    local: { directory: 'file:///home/ann/shop/.jobs/', base: 'file:///home/ann/shop/data/' },
    aws: { base: 's3://shop/x/' },
  })
  expect(settings(config, { DUNLIN_STORE: 'kept' }).local.directory).toBe('kept')
  expect(settings({ local: { directory: 's3://shop/jobs' } }).local.directory).toBe('s3://shop/jobs/')
})

test('a store on S3 is where an engine of AWS keeps its jobs; a directory is not', () => {
  const env = { DUNLIN_ENGINE: 'aws', DUNLIN_STORE: 's3://jobs/here' }
  expect(settings({}, env).aws.store).toBe('s3://jobs/here')
  expect(refusal({ engine: 'aws' }, { DUNLIN_STORE: '.dunlin' })).toBe(
    'the engine aws cannot keep its jobs in .dunlin',
  )
})

test.each([
  ['DUNLIN_ENGINE', 'moon', 'there is no engine named moon'],
  ['DUNLIN_WORKERS', 'two', 'DUNLIN_WORKERS is two, not a whole number from 1 on'],
  ['DUNLIN_LAPSE_MS', '-1', 'DUNLIN_LAPSE_MS is -1, not a whole number from 1 on'],
])('%s=%s is refused', (name, value, message) => {
  expect(refusal({}, { [name]: value })).toBe(message)
})

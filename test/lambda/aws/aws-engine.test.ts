/** The engine of AWS, over moto's S3 and the Lambda service of this machine: what it finds, and what it says of what is missing. */
import { DunlinError, type Engine, range } from 'dunlin'
import { type AwsOptions, aws } from 'dunlin/aws'
import { unzipSync, zipSync } from 'fflate'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { buildFunction } from '../../../lambda/aws/index.ts'
import { type LambdaService, startLambdaService } from '../../../lambda/local-service/index.ts'
import { exitCodeOf } from '../../../src/cli/report-error.ts'
import { lambdaError, type Refusal, startRefusing } from '../../fixtures/refusing-service.ts'
import { makeBucket } from '../../fixtures/s3/buckets.ts'
import { describeOnMoto } from '../../fixtures/s3/moto-server.ts'

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }
const REGION = 'eu-central-1'
/** Lambda's region here; so is the bucket's, of which moto has the account 123456789012. */
const ACCOUNT = '000000000000'

await describeOnMoto(
  'the engine of AWS',
  moto => {
    let zip: Uint8Array
    let service: LambdaService
    const engines: Engine[] = []
    beforeAll(async () => {
      zip = await buildFunction()
      service = await serviceWith(zip)
      await makeBucket(moto.endpoint, 'jobs')
    })
    afterEach(async () => {
      vi.unstubAllEnvs()
      await Promise.all(engines.splice(0).map(engine => engine.close()))
    })
    afterAll(async () => {
      await service.close()
      await moto.close()
    })

    const serviceWith = (functionZip: Uint8Array): Promise<LambdaService> =>
      startLambdaService({
        region: REGION,
        concurrency: 10,
        functions: [512, 1024].map(memoryMb => ({
          ...{ name: `dunlin-${memoryMb}`, handler: 'index.handler', memoryMb, timeoutMs: 60_000 },
          zip: functionZip,
          environment: {
            AWS_ENDPOINT_URL_S3: moto.endpoint,
            AWS_ACCESS_KEY_ID: 'a',
            AWS_SECRET_ACCESS_KEY: 'b',
          },
        })),
      })
    const settings = (): AwsOptions => ({
      ...{ region: REGION, memorySizesMb: [512, 1024], credentials: CREDENTIALS },
      endpoints: { lambda: service.endpoint, s3: moto.endpoint },
    })
    const engineWith = (options: AwsOptions = {}): Engine => {
      const engine = aws({ ...settings(), bucket: 'jobs', ...options })
      engines.push(engine)
      return engine
    }
    const count = (engine: Engine): Promise<number> =>
      range(3)
        .map(n => n + 1)
        .count({ engine })
    const failureOf = async (running: Promise<unknown>): Promise<DunlinError> => {
      const error: unknown = await running.then(
        () => 'it went well',
        (thrown: unknown) => thrown,
      )
      if (error instanceof DunlinError) return error
      throw error
    }
    const refusing = async (refusal: (path: string) => Refusal | null, behind?: string): Promise<string> => {
      const refused = await startRefusing(refusal, behind)
      onTestFinished(() => refused.close())
      return refused.endpoint
    }

    it('takes half of the concurrency that the account has left, unless it is told', async () => {
      const engine = engineWith()
      const text = await range(9).write.csv('out').explain({ engine })
      expect(text).toContain('5 tasks at once')
      expect(engine.compute.slots).toBe(5)
      const told = engineWith({ concurrency: 3 })
      await told.open!('all')
      expect(told.compute.slots).toBe(3)
    })

    it('finds the account in what is deployed, and with it its bucket; relative paths are in there', async () => {
      const bucket = `dunlin-${ACCOUNT}-${REGION}`
      const engine = aws(settings())
      engines.push(engine)
      expect(await failureOf(count(engine))).toMatchObject({
        code: 'CONFIGURATION',
        message: `there is no bucket ${bucket}, where jobs keep their data`,
      })
      await makeBucket(moto.endpoint, bucket)
      const report = await range(10)
        .map(n => n * n)
        .write.jsonl('squares')
        .run({ engine })
      expect(report.outputs[0]).toMatchObject({ uri: `s3://${bucket}/squares/`, rows: 10 })
      expect(engine.store.uri).toBe(`s3://${bucket}/`)
    })

    it('keeps its jobs below the prefix of a store, and has a base of its own', async () => {
      const engine = engineWith({ store: 's3://jobs/some/where', base: 's3://jobs/data' })
      await engine.open!('store')
      expect([engine.store.uri, engine.baseUri]).toEqual(['s3://jobs/some/where/', 's3://jobs/data/'])
    })

    const cases: readonly [string, () => Promise<AwsOptions>, string, string | RegExp, RegExp][] = [
      [
        'a function that is not deployed',
        async () => ({ name: 'shop' }),
        'CONFIGURATION',
        `there is no function shop-512 in ${REGION}`,
        /`dunlin deploy`.*aws\.region/,
      ],
      [
        'a bucket that is missing',
        async () => ({ bucket: 'nobody-has-made-it' }),
        'CONFIGURATION',
        'there is no bucket nobody-has-made-it, where jobs keep their data',
        /`dunlin deploy`.*aws\.bucket/,
      ],
      [
        'the wrong region',
        async () => {
          const elsewhere = { status: 301, headers: { 'x-amz-bucket-region': 'us-west-2' } }
          return { endpoints: { lambda: service.endpoint, s3: await refusing(() => elsewhere) } }
        },
        'CONFIGURATION',
        /the bucket jobs is in the region us-west-2/,
        /AWS_REGION=us-west-2/,
      ],
      [
        'a bucket that is another’s',
        async () => {
          const s3 = await refusing(() => ({ status: 403 }))
          return { endpoints: { lambda: service.endpoint, s3 } }
        },
        'ACCESS_DENIED',
        /^s3:\/\/jobs\/: S3 refused/,
        /Grant s3:ListBucket on arn:aws:s3:::jobs/,
      ],
      [
        'an action that is denied',
        async () => {
          const denied = lambdaError(403, 'AccessDeniedException', 'User: ann is not authorized')
          return { endpoints: { lambda: await refusing(() => denied), s3: moto.endpoint } }
        },
        'ACCESS_DENIED',
        /AWS refused lambda:Get\w+ in eu-central-1 \(User: ann is not authorized\)/,
        /needs lambda:Get\w+: grant it/,
      ],
      [
        'a session that has expired',
        async () => {
          const expired = lambdaError(403, 'ExpiredTokenException', 'The security token is expired')
          return { endpoints: { lambda: await refusing(() => expired), s3: moto.endpoint } }
        },
        'CONFIGURATION',
        'AWS does not know you (The security token is expired)',
        /Log in/,
      ],
      [
        'a place where nobody answers',
        async () => ({ endpoints: { lambda: 'http://127.0.0.1:9', s3: moto.endpoint } }),
        'CONFIGURATION',
        /Lambda in eu-central-1 cannot be reached/,
        /the name of the region/,
      ],
    ]
    it.each(cases)('says of %s what it is and what to do', async (_, options, code, message, hint) => {
      const error = await failureOf(count(engineWith(await options())))
      expect(error).toMatchObject({
        code,
        message: typeof message === 'string' ? message : expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      })
      expect(exitCodeOf(error)).toBe(3)
    })

    /** Nothing that the SDK could find anything in. */
    const withoutAccount = (): void => {
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION', 'AWS_DEFAULT_REGION'])
        vi.stubEnv(name, undefined)
      vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
      vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
    }

    it('says that there are no credentials', async () => {
      withoutAccount()
      for (const options of [{ bucket: 'jobs' }, {}]) {
        const error = await failureOf(count(aws({ region: REGION, ...options })))
        expect(error).toMatchObject({
          code: 'CONFIGURATION',
          message: expect.stringContaining('there are no AWS credentials'),
          hint: expect.stringContaining('AWS_PROFILE'),
        })
      }
    })

    it('says that there is no region', async () => {
      withoutAccount()
      for (const options of [{ bucket: 'jobs' }, {}]) {
        const error = await failureOf(count(aws(options)))
        expect(error).toMatchObject({
          code: 'CONFIGURATION',
          message: expect.stringContaining('no AWS region is configured'),
          hint: expect.stringContaining('AWS_REGION'),
        })
      }
    })

    it('says that the function is of another version of dunlin', async () => {
      const files = Object.entries(unzipSync(zip)).map(([name, bytes]) => {
        const text = Buffer.from(bytes).toString()
        const older = text.replace('"0.1.0"', '"0.0.9"')
        expect(older).not.toBe(text)
        return [name, Buffer.from(older)] as const
      })
      const old = await serviceWith(zipSync(Object.fromEntries(files)))
      onTestFinished(() => old.close())
      const engine = engineWith({ endpoints: { lambda: old.endpoint, s3: moto.endpoint } })
      const error = await failureOf(count(engine))
      expect(error).toMatchObject({
        code: 'CONFIGURATION',
        message: 'the deployed function is of dunlin 0.0.9, and this driver is of dunlin 0.1.0',
        hint: expect.stringContaining('`dunlin deploy`'),
      })
      expect(exitCodeOf(error)).toBe(3)
    })

    it('runs a hundred tasks at once, with a warning, for who may not ask how many there can be', async () => {
      const denied = lambdaError(403, 'AccessDeniedException', 'User: ann is not authorized')
      const lambda = await refusing(
        path => (path.includes('account-settings') ? denied : null),
        service.endpoint,
      )
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      onTestFinished(() => warn.mockRestore())
      const engine = engineWith({ endpoints: { lambda, s3: moto.endpoint } })
      await engine.open!('all')
      expect(engine.facts.slots).toBe(100)
      expect(warn.mock.calls.flat()).toContainEqual(
        expect.stringContaining('100 tasks do, unless aws.concurrency'),
      )
    })

    it('refuses files of this machine, which no function sees', async () => {
      const error = await failureOf(range(3).write.csv('file:///tmp/out').run({ engine: engineWith() }))
      expect(error).toMatchObject({
        code: 'CONFIGURATION',
        message: expect.stringContaining('file:///tmp/out/ is on this machine'),
        hint: expect.stringContaining('aws.base'),
      })
      expect(() => aws({ base: 'data/' })).toThrow(
        "aws.base is data/, not an address as 's3://bucket/prefix'",
      )
    })

    it('refuses credentials that no endpoint of their own is for', () => {
      expect(() => aws({ credentials: CREDENTIALS })).toThrow('aws.credentials are for aws.endpoints')
    })

    it('is asked again after what was missing has been put there', async () => {
      const engine = engineWith({ bucket: 'made-later' })
      expect((await failureOf(count(engine))).message).toContain('there is no bucket made-later')
      await makeBucket(moto.endpoint, 'made-later')
      expect(await count(engine)).toBe(3)
      await engine.close()
      expect((await failureOf(count(engine))).message).toBe('the engine aws is closed')
    })
  },
  { timeout: 60_000 },
)

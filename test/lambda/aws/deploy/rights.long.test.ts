/** Jobs whose tasks run as invocations over S3 ask for what their policies allow, and every statement is asked for. */
import { type Engine, local, read } from 'dunlin'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { planDeployment } from '../../../../lambda/aws/deploy/deployment-plan.ts'
import { ACTION_OF, isOfBucket } from '../../../../lambda/aws/deploy/rights.ts'
import { driverStatements, workerStatements } from '../../../../lambda/aws/deploy/statements.ts'
import { ACCOUNT, PARTITION, REGION, type Statement } from '../../../../lambda/aws/deploy/template.ts'
import {
  buildFunction,
  createLambdaBackend,
  type Invoker,
  openInvoker,
} from '../../../../lambda/aws/index.ts'
import type { S3Action } from '../../../../lambda/aws/s3/s3-error.ts'
import type { S3Call } from '../../../../lambda/aws/s3/s3-requests.ts'
import { type LambdaService, startLambdaService } from '../../../../lambda/local-service/index.ts'
import { smoke } from '../../../../src/cli/smoke-job.ts'
import { makeBucket, plainClient, settingsOf } from '../../../fixtures/s3/buckets.ts'
import { type FaultProxy, type LoggedRequest, startFaultProxy } from '../../../fixtures/s3/fault-proxy.ts'
import { describeOnMoto } from '../../../fixtures/s3/moto-server.ts'

const MEMORY_MB = 512
const KEYS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }

/** As S3 sees a request. */
interface Asked {
  readonly call: S3Call
  readonly bucket: string
  readonly key: string
  readonly prefix: string | null
  readonly actions: readonly S3Action[]
}

function askedBy({ method, path, query, headers, status }: LoggedRequest): Asked {
  const [, bucket = '', key = ''] = /^\/([^/]+)\/?(.*)$/s.exec(path)!
  const isCopy = headers['x-amz-copy-source'] !== undefined
  const calls: Record<string, S3Call> = {
    HEAD: 'headObject',
    GET: query.has('list-type')
      ? 'listObjectsV2'
      : query.has('uploads')
        ? 'listMultipartUploads'
        : 'getObject',
    PUT: query.has('partNumber')
      ? isCopy
        ? 'uploadPartCopy'
        : 'uploadPart'
      : isCopy
        ? 'copyObject'
        : 'putObject',
    POST: query.has('delete')
      ? 'deleteObjects'
      : query.has('uploads')
        ? 'createMultipartUpload'
        : 'completeMultipartUpload',
    DELETE: query.has('uploadId') ? 'abortMultipartUpload' : 'deleteObject',
  }
  const call = calls[method]!
  // That an object is missing is told to those alone who may list the bucket.
  const actions = status === 404 ? [...ACTION_OF[call], 's3:ListBucket' as const] : ACTION_OF[call]
  return { call, bucket, key, prefix: query.get('prefix'), actions }
}

/** The statements that allow an action on what was asked for. */
function allowing(
  statements: readonly Statement[],
  action: S3Action,
  asked: Omit<Asked, 'actions'>,
): readonly string[] {
  const resource = isOfBucket(action) ? asked.bucket : `${asked.bucket}/${asked.key}`
  const isMatched = (pattern: string, text: string): boolean =>
    pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern
  return statements
    .filter(({ Action, Resource, Condition }) => {
      const resources = [Resource].flat().map(one => arnOf(one).replace('arn:aws:s3:::', ''))
      // Whose keys are in the body, of that only the bucket is known.
      const isThere = (pattern: string): boolean =>
        asked.call === 'deleteObjects' ? pattern.startsWith(`${asked.bucket}/`) : isMatched(pattern, resource)
      const prefixes = Condition?.['StringLikeIfExists']?.['s3:prefix']
      const isBelow =
        prefixes === undefined ||
        asked.prefix === null ||
        [prefixes].flat().some(one => isMatched(one, asked.prefix!))
      return [Action].flat().includes(action) && resources.some(isThere) && isBelow
    })
    .map(({ Sid }) => Sid)
}

const arnOf = (text: Statement['Resource']): string =>
  (JSON.stringify(text).match(/arn:[^"]*/)?.[0] ?? '')
    .replace(PARTITION, 'aws')
    .replace(ACCOUNT, '123456789012')
    .replace(REGION, 'us-east-1')

await describeOnMoto(
  'what jobs ask of S3',
  moto => {
    let driver: FaultProxy
    let worker: FaultProxy
    let service: LambdaService
    let invoker: Invoker
    let engine: Engine
    const deployment = planDeployment(
      { bucket: 'dunlin-jobs', memorySizesMb: [MEMORY_MB] },
      {
        version: '1.2.3',
        grants: { reads: ['s3://shop/orders/'], writes: ['s3://shop/reports'], kmsKeys: [] },
      },
    )

    beforeAll(async () => {
      driver = await startFaultProxy(moto.endpoint)
      worker = await startFaultProxy(moto.endpoint)
      for (const bucket of ['dunlin-jobs', 'shop']) await makeBucket(moto.endpoint, bucket)
      const s3 = plainClient(moto.endpoint)
      for (const n of [1, 2, 3])
        await s3.putObject({ Bucket: 'shop', Key: `orders/${n}.txt`, Body: `a b c\nb ${n}\n` })
      s3.destroy()
      const about = {
        memoryMb: MEMORY_MB,
        timeoutMs: 60_000,
        zip: await buildFunction(),
        handler: 'index.handler',
      }
      const environment = { ...KEYS, AWS_ENDPOINT_URL_S3: worker.endpoint, AWS_REGION: 'us-east-1' }
      service = await startLambdaService({
        functions: [{ name: `dunlin-${MEMORY_MB}`, environment, ...about }],
      })
      const { endpoint, region } = service
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
      invoker = await openInvoker({ endpoint, region, connections: 8, timeoutMs: 60_000, credentials })
      const tiers = [{ functionName: `dunlin-${MEMORY_MB}`, memoryMb: MEMORY_MB }]
      const base = local({
        directory: 's3://dunlin-jobs/',
        isolation: 'inline',
        s3: settingsOf(driver.endpoint),
      })
      engine = { ...base, name: 'lambda', compute: createLambdaBackend({ invoker, tiers, slots: 2 }) }
    })
    afterAll(async () => {
      await engine.compute.close()
      await engine.close()
      await service.close()
      for (const server of [driver, worker]) await server.close()
      await moto.close()
    })

    it('is answered with the results of the smoke jobs', async () => {
      const { jobs, requests, store } = await smoke(engine)
      expect(jobs.map(({ rows }) => rows)).toEqual([12, 40_000])
      expect(jobs[1]!.report.stages.some(({ tasks }) => tasks === 4)).toBe(true)
      expect(requests.puts).toBeGreaterThan(0)
      expect(store).toBe('s3://dunlin-jobs/')
      expect(worker.log.length).toBeGreaterThan(0)
    })

    it('is allowed, and every statement about S3 is asked for', async () => {
      const words = read
        .text('s3://shop/orders/*.txt')
        .flatMap(line => line.split(' '))
        .valueCounts()
      const count = (mode: 'fail' | 'overwrite') =>
        words.write.csv('s3://shop/reports/words/', { mode }).run({ engine, reuse: true })
      await count('fail')
      await count('overwrite')
      for (const [who, log, statements] of [
        ['driver', driver.log, driverStatements(deployment)],
        ['worker', worker.log, workerStatements(deployment)],
      ] as const) {
        const used = new Set<string>()
        for (const asked of log.map(askedBy)) {
          for (const action of asked.actions) {
            const by = allowing(statements, action, asked)
            expect(by, `${who}: ${action} ${JSON.stringify(asked)}`).not.toEqual([])
            for (const sid of by) used.add(sid)
          }
        }
        // Lambda itself asks for these, or other services are; and a worker's HEAD of dead letters that are gone.
        const others = new Set(['OwnFailedEvents', 'Logs', 'Functions', 'WorkerRole'])
        if (who === 'worker') others.add('Write1List')
        const unused = statements.map(({ Sid }) => Sid).filter(sid => !used.has(sid) && !others.has(sid))
        expect(unused, who).toEqual([])
      }
    })

    it('is refused where it goes beyond the grants', () => {
      const beyond = {
        call: 'getObject',
        bucket: 'shop',
        key: 'orders-of-others/1.txt',
        prefix: null,
      } as const
      expect(allowing(workerStatements(deployment), 's3:GetObject', beyond)).toEqual([])
      const listing = { call: 'listObjectsV2', bucket: 'shop', key: '', prefix: '' } as const
      expect(allowing(driverStatements(deployment), 's3:ListBucket', listing)).toEqual([])
    })
  },
  { timeout: 60_000 },
)

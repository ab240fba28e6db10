/**
 * Deploying, looking and destroying by the command line, against moto: one account, from nothing to nothing, each test going
 * on where the one before it ended. Of the templates moto's CloudFormation passes over bucket policies, the settings of
 * asynchronous events, lifecycles, public access and architectures (its functions are x86_64).
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { IAM } from '@aws-sdk/client-iam'
import { Lambda } from '@aws-sdk/client-lambda'
import type { S3 } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Workplace, workplace } from '../../../engine/workplace.ts'
import { startServices } from '../../../fixtures/aws/moto-services.ts'
import { plainClient } from '../../../fixtures/s3/buckets.ts'
import {
  type Fault,
  type FaultProxy,
  type LoggedRequest,
  startFaultProxy,
} from '../../../fixtures/s3/fault-proxy.ts'
import { describeOnMoto } from '../../../fixtures/s3/moto-server.ts'
import { type CliResult, dunlinInThisProcess, jobFixture } from '../../../src/cli/cli-process.ts'

const REGION = 'us-east-1'
const BUCKET = `dunlin-123456789012-${REGION}`
const FUNCTIONS = ['--architecture', 'x86_64', '--memory', '512']

const denied = (service: string): Fault => ({
  kind: 'answered',
  status: 403,
  body:
    service === 'lambda'
      ? JSON.stringify({ __type: 'AccessDeniedException', message: 'not authorized' })
      : '<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>',
})
const isFor = (service: string, { headers }: LoggedRequest): boolean =>
  headers.authorization?.includes(`/${service}/aws4_request`) === true

/** Of an answer of CloudFormation or IAM. */
const answered = (action: string, result: string): Fault => ({
  kind: 'answered',
  status: 200,
  body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
})

await describeOnMoto(
  'an account',
  moto => {
    let place: Workplace
    let proxy: FaultProxy
    let s3: S3
    const settings = { endpoint: moto.endpoint, region: REGION }
    const iam = new IAM(settings)
    const lambda = new Lambda(settings)

    /** Without `--region` and `--endpoint` where they are given. */
    const dunlin = (...args: readonly string[]): Promise<CliResult> => {
      const [verb = '', ...rest] = args
      const region = args.includes('--region') ? [] : ['--region', REGION]
      return dunlinInThisProcess([verb, ...region, '--endpoint', proxy.endpoint, ...rest])
    }
    const deployed = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await dunlin('deploy', '--json', ...args)
      expect(stderr).not.toContain('✖')
      expect(code).toBe(0)
      return JSON.parse(stdout) as {
        storage: string
        compute: string
        bucket: string
        bucketOf: string
        functions: string[]
      }
    }
    const names = async (): Promise<(string | undefined)[]> =>
      (await lambda.listFunctions()).Functions!.map(one => one.FunctionName)
    const workerPolicy = async (): Promise<string> =>
      decodeURIComponent(
        (await iam.getRolePolicy({ RoleName: `dunlin-worker-${REGION}`, PolicyName: 'worker' }))
          .PolicyDocument!,
      )
    const keysOf = async (Bucket: string): Promise<(string | undefined)[]> =>
      ((await s3.listObjectsV2({ Bucket })).Contents ?? []).map(({ Key }) => Key)

    beforeAll(async () => {
      place = await workplace()
      proxy = await startFaultProxy(moto.endpoint)
      s3 = plainClient(moto.endpoint)
    })
    afterEach(() => proxy.reset())
    afterAll(async () => {
      for (const client of [s3, iam, lambda]) client.destroy()
      await proxy.close()
      await moto.close()
      await place.close()
    })

    it('can be shown what would be deployed, and nothing is sent', async () => {
      const zip = place.path('function.zip')
      const { code, stdout } = await dunlin('deploy', '--print', '--package', zip, ...FUNCTIONS)
      expect(code).toBe(0)
      expect(Object.keys((JSON.parse(stdout) as { Resources: object }).Resources)).toEqual([
        'WorkerRole',
        'DriverPolicy',
        'Logs512',
        'Function512',
        'Events512',
      ])
      const key = /"S3Key": "functions\/(\w+)\.zip"/.exec(stdout)![1]
      expect(
        createHash('sha256')
          .update(await readFile(zip))
          .digest('hex'),
      ).toBe(key)
      const storage = await dunlin('deploy', '--print', 'storage')
      expect(storage.stdout).toContain('"AWS::S3::Bucket"')
      expect(proxy.log).toEqual([])
    })

    it('without anything in it is told what is missing', async () => {
      const { code, stdout } = await dunlin('doctor', ...FUNCTIONS)
      expect(code).toBe(3)
      expect(stdout).toMatch(/^ok +credentials: .*account 123456789012$/m)
      expect(stdout).toContain(`not ok       bucket: there is no bucket ${BUCKET} in account 123456789012`)
      expect(stdout).toContain(
        `not ok       function dunlin-512: there is none in ${REGION} of account 123456789012`,
      )
      expect(stdout).toContain('Deploy it: `dunlin deploy`.')
    })

    it('gets bucket, functions and rights', async () => {
      expect(await deployed(...FUNCTIONS)).toMatchObject({
        bucket: BUCKET,
        bucketOf: 'dunlin',
        functions: ['dunlin-512'],
        driverPolicy: `arn:aws:iam::123456789012:policy/dunlin-driver-${REGION}`,
        storage: 'created',
        compute: 'created',
      })
      expect(await names()).toEqual(['dunlin-512'])
      const { Configuration } = await lambda.getFunction({ FunctionName: 'dunlin-512' })
      expect(Configuration).toMatchObject({ MemorySize: 512, Timeout: 900, Handler: 'index.handler' })
      const { ServerSideEncryptionConfiguration } = await s3.getBucketEncryption({ Bucket: BUCKET })
      expect(JSON.stringify(ServerSideEncryptionConfiguration)).toContain('AES256')
      expect(await workerPolicy()).toContain(`arn:aws:s3:::${BUCKET}/jobs/*`)
      const { Policies } = await iam.listPolicies({ Scope: 'Local' })
      expect(Policies!.map(({ PolicyName }) => PolicyName)).toEqual([`dunlin-driver-${REGION}`])
      expect(await keysOf(BUCKET)).toEqual([expect.stringMatching(/^functions\/[0-9a-f]{64}\.zip$/)])
    })

    it('stays as it is when it is deployed again', async () => {
      expect(await deployed(...FUNCTIONS)).toMatchObject({ storage: 'unchanged', compute: 'unchanged' })
      const changes = proxy.log
        .map(({ form }) => form.get('Action') ?? '')
        .filter(one => /^(Create|Update)/.test(one))
      expect(changes).toEqual([])
    })

    it('gets another size of memory and grants, which stay when none are said', async () => {
      const more = [...FUNCTIONS, '1024', '--read', 's3://shop/orders/']
      expect(await deployed(...more)).toMatchObject({ storage: 'unchanged', compute: 'updated' })
      expect(await names()).toEqual(['dunlin-512', 'dunlin-1024'])
      expect(await workerPolicy()).toContain('arn:aws:s3:::shop/orders/*')
      const again = await dunlin('deploy', ...FUNCTIONS)
      expect(again.stderr).toContain('the grants stay as they were: --read s3://shop/orders/')
      expect(await names()).toEqual(['dunlin-512'])
      expect(await workerPolicy()).toContain('arn:aws:s3:::shop/orders/*')
    })

    it('cannot be given another bucket', async () => {
      const { code, stderr } = await dunlin('deploy', '--bucket', 'other-bucket', ...FUNCTIONS)
      expect(code).toBe(3)
      expect(stderr).toContain(`dunlin is deployed with the bucket ${BUCKET}, not other-bucket`)
    })

    it('is well then', async () => {
      const { code, stdout, stderr } = await dunlin('doctor', ...FUNCTIONS)
      expect(stdout).toMatch(/^ok +function dunlin-512: dunlin \d+\.\d+\.\d+, 512 MB, 900 s, nodejs24\.x$/m)
      // moto does not know the quota.
      expect(stdout).toMatch(/^not checked +concurrency/m)
      expect(stderr).toContain('5 ok, 0 not ok, 1 not checked')
      expect(code).toBe(0)
    })

    it.each([
      ['in another region', ['--region', 'eu-west-1'], /function dunlin-512: there is none in eu-west-1/],
      ['of another name', ['--name', 'other'], /function other-512: there is none in us-east-1/],
      ['with a size that is not deployed', ['--memory', '2048'], /function dunlin-2048: there is none/],
      ['for other processors', ['--architecture', 'arm64'], /it is for x86_64, and the settings say arm64/],
    ])('looked at %s is not well', async (_, args, message) => {
      const { code, stdout } = await dunlin('doctor', ...FUNCTIONS, ...args)
      expect(stdout).toMatch(message)
      expect(code).toBe(3)
    })

    it('has a function of another version', async () => {
      const { FunctionArn } = await lambda.getFunctionConfiguration({ FunctionName: 'dunlin-512' })
      proxy.strike = request =>
        request.path.endsWith('/dunlin-512/configuration')
          ? {
              kind: 'answered',
              status: 200,
              body: JSON.stringify({
                FunctionArn,
                Description: 'dunlin 0.0.1: x',
                MemorySize: 512,
                Timeout: 900,
              }),
            }
          : null
      const { code, stdout } = await dunlin('doctor', ...FUNCTIONS)
      expect(stdout).toMatch(/function dunlin-512: it is of dunlin 0\.0\.1, and this is dunlin \d/)
      expect(stdout).toContain('Deploy it again: `dunlin deploy`.')
      expect(code).toBe(3)
    })

    it('may deny what is asked', async () => {
      proxy.strike = request => (isFor('lambda', request) ? denied('lambda') : null)
      const asked = await dunlin('doctor', ...FUNCTIONS)
      expect(asked.stdout).toContain('concurrency: needs lambda:GetAccountSettings, which is not granted')
      expect(asked.stdout).toMatch(/^not ok +function dunlin-512: .* may not ask for it/m)
      expect(asked.stdout).toContain(`Attach the policy dunlin-driver-${REGION}`)
      expect(asked.code).toBe(3)
      proxy.strike = request => (isFor('cloudformation', request) ? denied('cloudformation') : null)
      const refused = await dunlin('deploy', ...FUNCTIONS)
      expect(refused.stderr).toContain('AWS refused cloudformation:GetTemplate')
      expect(refused.code).toBe(3)
    })

    it('asks for credentials and a region', async () => {
      const before = { ...process.env }
      try {
        delete process.env['AWS_ACCESS_KEY_ID']
        delete process.env['AWS_SECRET_ACCESS_KEY']
        Object.assign(process.env, {
          AWS_EC2_METADATA_DISABLED: 'true',
          AWS_CONFIG_FILE: place.path('none'),
          AWS_SHARED_CREDENTIALS_FILE: place.path('none'),
        })
        const anonymous = await dunlin('doctor', ...FUNCTIONS)
        expect(anonymous.stdout).toMatch(/^not ok +credentials: there are no AWS credentials/m)
        expect(anonymous.stdout).toContain('AWS_PROFILE, or aws login')
        expect(anonymous.stdout).toContain('function dunlin-512: needs credentials')
        expect(anonymous.code).toBe(3)
        const nowhere = await dunlinInThisProcess(['doctor', '--endpoint', proxy.endpoint])
        expect(nowhere.stdout).toMatch(/^not ok +region: no AWS region is configured/m)
        expect(nowhere.stdout).toContain('Set AWS_REGION, or give --region.')
      } finally {
        for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
        Object.assign(process.env, before)
      }
    })

    it('is asked what its functions may do with the data of a job', async () => {
      await s3.createBucket({ Bucket: 'shop' })
      await s3.putObject({ Bucket: 'shop', Key: 'orders/1.txt', Body: 'a b' })
      const job = [
        ...[jobFixture('count-words.ts'), '--param', 'input=s3://shop/orders/*.txt'],
        ...['--param', 'output=s3://shop/out/'],
      ]
      const allowed = new Set(['s3:GetObject', 's3:ListBucket'])
      proxy.strike = ({ form }) => {
        if (form.get('Action') !== 'SimulatePrincipalPolicy') return null
        const actions = [...form]
          .filter(([name]) => name.startsWith('ActionNames'))
          .map(([, action]) => action)
        const result = (action: string): string =>
          `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${allowed.has(action) ? 'allowed' : 'implicitDeny'}</EvalDecision></member>`
        return answered(
          'SimulatePrincipalPolicy',
          `<EvaluationResults>${actions.map(result).join('')}</EvaluationResults>`,
        )
      }
      const { code, stdout } = await dunlin('doctor', ...job, ...FUNCTIONS)
      expect(stdout).toMatch(/^ok +read s3:\/\/shop\/orders\/\*\.txt: you may; objects: 1$/m)
      expect(stdout).toMatch(/^ok +functions read s3:\/\/shop\/orders\/1\.txt/m)
      expect(stdout).toContain(
        `functions write s3://shop/out/: the role dunlin-worker-${REGION} lacks s3:AbortMultipartUpload, s3:DeleteObject, s3:PutObject`,
      )
      expect(stdout).toContain('dunlin deploy --write s3://shop/out/')
      expect(code).toBe(3)
      const asked = proxy.log.map(({ form }) => form).filter(form => form.has('PolicySourceArn'))
      expect(asked[0]!.get('PolicySourceArn')).toBe(`arn:aws:iam::123456789012:role/dunlin-worker-${REGION}`)
      expect(asked[0]!.get('ResourceArns.member.1')).toBe('arn:aws:s3:::shop/orders/1.txt')

      proxy.strike = request => (isFor('iam', request) ? denied('iam') : null)
      const unknown = await dunlin('doctor', ...job, ...FUNCTIONS)
      expect(unknown.stdout).toContain('needs iam:SimulatePrincipalPolicy, which is not granted')
      expect(unknown.code).toBe(0)
    })

    it('is asked about sources that are not there, or not in a bucket', async () => {
      const job = [
        ...[jobFixture('count-words.ts'), '--param', 'input=s3://shop/none/*.txt,/tmp/here.txt'],
        ...['--param', 'output=file:///tmp/out/'],
      ]
      const { code, stdout } = await dunlin('doctor', ...job, ...FUNCTIONS)
      expect(stdout).toMatch(/^not ok +read s3:\/\/shop\/none/m)
      expect(stdout.match(/functions do not see the files of this machine/g)).toHaveLength(2)
      expect(code).toBe(3)
    })

    it('says why CloudFormation could not make something', async () => {
      const id = 'arn:aws:cloudformation:us-east-1:123456789012:stack/broken/1'
      const event = (name: string, status: string, reason: string, number: number): string =>
        `<member><EventId>${number}</EventId><StackId>${id}</StackId><LogicalResourceId>${name}</LogicalResourceId>
         <ResourceType>AWS::IAM::Role</ResourceType><ResourceStatus>${status}</ResourceStatus>
         <ResourceStatusReason>${reason}</ResourceStatusReason></member>`
      const why = 'User: arn:aws:iam::1:user/ann is not authorized to perform: iam:CreateRole'
      let looks = 0
      const strike: FaultProxy['strike'] = ({ form }) => {
        switch (form.get('Action')) {
          case 'CreateStack':
            return answered('CreateStack', `<StackId>${id}</StackId>`)
          case 'DescribeStackEvents':
            return answered(
              'DescribeStackEvents',
              `<StackEvents>${event('Other', 'CREATE_FAILED', 'Resource creation cancelled', 2)}${event('WorkerRole', 'CREATE_FAILED', why, 1)}</StackEvents>`,
            )
          case 'DescribeStacks': {
            if (form.get('StackName') !== id) return null
            const status = looks++ === 0 ? 'CREATE_IN_PROGRESS' : 'DELETE_COMPLETE'
            return answered(
              'DescribeStacks',
              `<Stacks><member><StackId>${id}</StackId><StackName>broken</StackName><StackStatus>${status}</StackStatus></member></Stacks>`,
            )
          }
          default:
            return null
        }
      }
      proxy.strike = strike
      const { code, stderr } = await dunlin('deploy', '--name', 'broken', '--bucket', 'shop', ...FUNCTIONS)
      expect(stderr).toContain('CREATE_FAILED WorkerRole (AWS::IAM::Role)')
      expect(stderr).toContain(`✖ the stack broken could not be created: WorkerRole (AWS::IAM::Role): ${why}`)
      expect(stderr).not.toContain('cancelled;')
      expect(stderr).toMatch(/code +ACCESS_DENIED/)
      expect(code).toBe(3)
      expect(looks).toBe(2)
    })

    it('is not destroyed unless somebody says so', async () => {
      const { code, stderr } = await dunlin('destroy')
      expect(code).toBe(2)
      expect(stderr).toContain('--yes')
      expect(await names()).toEqual(['dunlin-512'])
    })

    it('keeps a bucket that was there before, and what others put there', async () => {
      await s3.putObject({ Bucket: 'shop', Key: 'jobs/20261121-034112-x7f3k2/plan.json', Body: '{}' })
      await s3.putObject({ Bucket: 'shop', Key: 'jobs/notes.txt', Body: 'mine' })
      const own = ['--name', 'second', '--bucket', 'shop']
      expect(await deployed(...own, ...FUNCTIONS)).toMatchObject({ bucketOf: 'user', storage: 'unchanged' })
      expect(await names()).toEqual(['dunlin-512', 'second-512'])
      const { code, stderr } = await dunlin('destroy', ...own, '--yes')
      expect(code).toBe(0)
      expect(stderr).toContain('kept the bucket shop: it holds 2 objects (jobs/notes.txt, orders/1.txt)')
      expect(await keysOf('shop')).toEqual(['jobs/notes.txt', 'orders/1.txt'])
      expect(await names()).toEqual(['dunlin-512'])
    })

    it('keeps its bucket while somebody else’s objects are in it; destroyed again, it is empty', async () => {
      await s3.putObject({ Bucket: BUCKET, Key: 'out/words/part-00000.csv', Body: 'a,1' })
      await s3.putObject({ Bucket: BUCKET, Key: 'jobs/20261121-034112-x7f3k2/plan.json', Body: '{}' })
      await s3.createMultipartUpload({ Bucket: BUCKET, Key: 'jobs/20261121-034112-x7f3k2/stage-0/data/1' })
      const first = await dunlin('destroy', '--yes', '--json')
      expect(JSON.parse(first.stdout)).toMatchObject({
        removed: { stacks: ['dunlin'], objects: 2 },
        kept: [
          expect.stringContaining('it holds 1 object (out/words/part-00000.csv)'),
          expect.stringContaining('the stack dunlin-storage'),
        ],
      })
      expect(await keysOf(BUCKET)).toEqual(['out/words/part-00000.csv'])
      expect((await s3.listMultipartUploads({ Bucket: BUCKET })).Uploads ?? []).toEqual([])
      expect(await names()).toEqual([])
      expect((await iam.listRoles()).Roles).toEqual([])

      await s3.deleteObject({ Bucket: BUCKET, Key: 'out/words/part-00000.csv' })
      const second = await dunlin('destroy', '--yes', '--json')
      expect(JSON.parse(second.stdout)).toMatchObject({ removed: { stacks: ['dunlin-storage'] }, kept: [] })
      expect((await s3.listBuckets()).Buckets!.map(({ Name }) => Name)).toEqual(['shop'])
      expect((await iam.listPolicies({ Scope: 'Local' })).Policies).toEqual([])

      const third = await dunlin('destroy', '--yes')
      expect(third.stderr).toContain(`nothing named dunlin is deployed in ${REGION} of account 123456789012`)
      expect(third.code).toBe(0)
    })
  },
  { timeout: 60_000, start: startServices },
)

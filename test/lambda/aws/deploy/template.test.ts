/** What is deployed, as templates: pure, so that all of it can be read here. */
import { describe, expect, it } from 'vitest'
import { type Deployment, planDeployment } from '../../../../lambda/aws/deploy/deployment-plan.ts'
import { functionsTemplate } from '../../../../lambda/aws/deploy/functions-template.ts'
import { checkGrants, type Grants, NO_GRANTS, parseGrant } from '../../../../lambda/aws/deploy/grants.ts'
import { isOwnKey } from '../../../../lambda/aws/deploy/names.ts'
import { driverStatements, workerStatements } from '../../../../lambda/aws/deploy/statements.ts'
import { storageTemplate } from '../../../../lambda/aws/deploy/storage-template.ts'
import {
  ACCOUNT,
  PARTITION,
  REGION,
  type Statement,
  variable,
} from '../../../../lambda/aws/deploy/template.ts'
import type { AwsDeployment } from '../../../../lambda/aws/deployment.ts'

const KMS = 'arn:aws:kms:us-east-1:123456789012:key/1234-abcd'
const GRANTS: Grants = { reads: ['s3://shop/orders/'], writes: ['s3://shop/reports'], kmsKeys: [KMS] }
const plan = (settings: AwsDeployment = {}, grants = NO_GRANTS): Deployment =>
  planDeployment(settings, { version: '1.2.3', grants })

/** `Sid: actions: resources`, a line for each, with the names that AWS would put in. */
function shown(statements: readonly Statement[]): string {
  const line = ({ Sid, Action, Resource, Condition }: Statement): string => {
    const resources = JSON.stringify(Resource).replace(/\{"Fn::Sub":("[^"]*")\}/g, '$1')
    const when = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`
    return `${Sid}: ${[Action].flat().join(' ')}: ${(JSON.parse(resources) as string[]).join(' ')}${when}`
  }
  return statements
    .map(line)
    .join('\n')
    .replaceAll(`arn:${PARTITION}:`, '')
    .replaceAll(ACCOUNT, '1234')
    .replaceAll(REGION, 'here')
}

describe('the rights', () => {
  it('of workers are those that their requests need', () => {
    expect(shown(workerStatements(plan({ memorySizesMb: [512] }, GRANTS)))).toMatchInlineSnapshot(`
      "OwnJobs: s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject: s3:::dunlin-1234-here/jobs/*
      OwnCode: s3:GetObject: s3:::dunlin-1234-here/code/*
      OwnFailedEvents: s3:PutObject: s3:::dunlin-1234-here/aws/lambda/async/*
      OwnBucket: s3:ListBucket: s3:::dunlin-1234-here
      Read1: s3:GetObject: s3:::shop/orders s3:::shop/orders/*
      Write1: s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject: s3:::shop/reports s3:::shop/reports/*
      Write1List: s3:ListBucket: s3:::shop if {"StringLikeIfExists":{"s3:prefix":["reports","reports/*"]}}
      Kms: kms:Decrypt kms:GenerateDataKey: arn:aws:kms:us-east-1:123456789012:key/1234-abcd
      Logs: logs:CreateLogStream logs:PutLogEvents: logs:here:1234:log-group:/aws/lambda/dunlin-512:*"
    `)
  })

  it('of drivers are those that their requests need', () => {
    expect(shown(driverStatements(plan({ memorySizesMb: [512, 1024] }, GRANTS)))).toMatchInlineSnapshot(`
      "OwnJobs: s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject: s3:::dunlin-1234-here/jobs/*
      OwnCode: s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject: s3:::dunlin-1234-here/code/*
      OwnReuse: s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject: s3:::dunlin-1234-here/reuse/*
      OwnFailedEvents: s3:GetObject: s3:::dunlin-1234-here/aws/lambda/async/*
      OwnBucket: s3:ListBucket s3:ListBucketMultipartUploads: s3:::dunlin-1234-here
      Read1: s3:GetObject: s3:::shop/orders s3:::shop/orders/*
      Read1List: s3:ListBucket: s3:::shop if {"StringLikeIfExists":{"s3:prefix":["orders","orders/*"]}}
      Write1: s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject: s3:::shop/reports s3:::shop/reports/*
      Write1List: s3:ListBucket: s3:::shop if {"StringLikeIfExists":{"s3:prefix":["reports","reports/*"]}}
      Write1Uploads: s3:ListBucketMultipartUploads: s3:::shop
      Kms: kms:Decrypt kms:GenerateDataKey: arn:aws:kms:us-east-1:123456789012:key/1234-abcd
      Functions: lambda:GetFunctionConfiguration lambda:InvokeFunction: lambda:here:1234:function:dunlin-512 lambda:here:1234:function:dunlin-1024
      WorkerRole: iam:SimulatePrincipalPolicy: iam::1234:role/dunlin-worker-here"
    `)
  })

  it('name every action and resource: a star stands for what is below a prefix alone', () => {
    const all = [workerStatements, driverStatements].flatMap(of => of(plan({}, GRANTS)))
    for (const { Effect, Action, Resource, Sid } of all) {
      expect(Effect).toBe('Allow')
      for (const action of [Action].flat()) expect(action, Sid).toMatch(/^[a-z0-9]+:[A-Za-z]+$/)
      const resources = JSON.stringify(Resource).match(/"arn:[^"]*"/g)!
      for (const resource of resources) expect(resource, Sid).toMatch(/^"arn:[^*]*?([/:]\*)?"$/)
      for (const resource of resources) expect(resource, Sid).not.toMatch(/:::\*|^"arn:[^/]*:\*"$/)
    }
  })

  it('go no further than the account: no permission of IAM but to ask what the worker may', () => {
    const actions = [workerStatements, driverStatements].flatMap(of =>
      of(plan({}, GRANTS)).flatMap(one => one.Action),
    )
    expect(actions.filter(action => /^(iam|sts|kms):/.test(action)).sort()).toEqual([
      'iam:SimulatePrincipalPolicy',
      'kms:Decrypt',
      'kms:Decrypt',
      'kms:GenerateDataKey',
      'kms:GenerateDataKey',
    ])
  })
})

describe('a grant', () => {
  it('is a prefix of a bucket', () => {
    expect(parseGrant('s3://shop/orders/')).toEqual({ bucket: 'shop', prefix: 'orders' })
    expect(parseGrant('s3://shop')).toEqual({ bucket: 'shop', prefix: '' })
  })

  it.each([
    [{ reads: ['s3://shop/orders/2026-*/a.csv'] }, /has a pattern/, 's3://shop/orders/'],
    [{ reads: [`s3://shop/${variable('aws:username')}/`] }, /has a pattern/, 's3://shop/'],
    [{ writes: ['/tmp/x'] }, /names no bucket/, 's3://bucket/path'],
    [{ kmsKeys: ['alias/mine'] }, /is not the ARN of a key/, 'not by aliases'],
  ])('%j is refused', (wrong, message, hint) => {
    const check = (): void => checkGrants({ ...NO_GRANTS, ...wrong })
    expect(check).toThrow(message)
    expect(check).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', hint: expect.stringContaining(hint) }),
    )
  })
})

describe('the functions', () => {
  const { Resources } = functionsTemplate(
    plan({ memorySizesMb: [512, 2048], timeoutMs: 60_000 }),
    'functions/1.zip',
  )

  it('are one for each size of memory, which differ in that alone', () => {
    const { Function512: small, Function2048: large } = Resources
    expect(small!.Properties).toMatchObject({
      FunctionName: 'dunlin-512',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 60,
      Code: { S3Key: 'functions/1.zip' },
      Description: expect.stringContaining('dunlin 1.2.3'),
    })
    const { FunctionName, MemorySize, LoggingConfig, ...same } = large!.Properties
    expect({ FunctionName, MemorySize }).toEqual({ FunctionName: 'dunlin-2048', MemorySize: 2048 })
    expect(LoggingConfig).toEqual({ LogGroup: { Ref: 'Logs2048' } })
    expect(small!.Properties).toMatchObject(same)
  })

  it('are not tried again by Lambda, and what fails unseen goes to the bucket', () => {
    expect(Resources['Events512']!.Properties).toMatchObject({
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 3600,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::Sub': `arn:${PARTITION}:s3:::dunlin-${ACCOUNT}-${REGION}` } },
      },
    })
  })

  it('keep their logs for two weeks', () => {
    expect(Resources['Logs2048']!.Properties).toEqual({
      LogGroupName: '/aws/lambda/dunlin-2048',
      RetentionInDays: 14,
    })
  })
})

describe('the bucket', () => {
  const { Resources } = storageTemplate(planDeployment({ bucket: 'mine' }, { version: '1.2.3', keepDays: 7 }))
  const { Properties, DeletionPolicy, UpdateReplacePolicy } = Resources['Bucket']!

  it('is encrypted, closed to the public and to connections without TLS', () => {
    expect(Properties).toMatchObject({
      BucketName: 'mine',
      PublicAccessBlockConfiguration: { RestrictPublicBuckets: true, BlockPublicPolicy: true },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    })
    expect(JSON.stringify(Properties['BucketEncryption'])).toContain('"SSEAlgorithm":"AES256"')
    const denial = JSON.stringify(Resources['BucketPolicy']!.Properties['PolicyDocument'])
    expect(denial).toContain('"Effect":"Deny","Principal":"*","Action":"s3:*"')
    expect(denial).toContain('"aws:SecureTransport":"false"')
    expect(denial).not.toContain('"Allow"')
  })

  it('deletes what jobs left after some days, shipped code never', () => {
    const { Rules } = Properties['LifecycleConfiguration'] as {
      Rules: { Prefix?: string; ExpirationInDays?: number }[]
    }
    expect(Rules.filter(rule => rule.ExpirationInDays === 7).map(rule => rule.Prefix)).toEqual([
      'jobs/',
      'reuse/',
      'aws/lambda/async/',
    ])
    expect(Rules.at(-1)).toEqual({
      Id: 'stale-uploads',
      Status: 'Enabled',
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
    })
  })

  it('is deleted by its stack alone, which CloudFormation refuses while there is something in it', () => {
    expect({ DeletionPolicy, UpdateReplacePolicy }).toEqual({
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Retain',
    })
  })
})

describe('an object of the bucket', () => {
  const hash = 'a'.repeat(64)

  it.each([
    'jobs/20261121-034112-x7f3k2/plan.json',
    'jobs/20261121-034112-x7f3k2/stage-0/data/0-1-ab.arrow',
    `code/${hash}.mjs`,
    `code/${hash}.bin`,
    `reuse/${hash}.json`,
    `functions/${hash}.zip`,
    'aws/lambda/async/dunlin-1769/2026/11/29/x',
  ])('%s is dunlin’s own', key => expect(isOwnKey(key, 'dunlin')).toBe(true))

  it.each([
    'jobs/notes.txt',
    'jobs/a b/plan.json',
    'code/mine.mjs',
    'functions/mine.zip',
    'aws/lambda/async/other-1769/x',
    'aws/lambda/async/dunlin-other/x',
    'out/words/part-00000.csv',
  ])('%s is not', key => expect(isOwnKey(key, 'dunlin')).toBe(false))
})

/** deploy: brings an account to what a deployment says; called again, it changes what differs and nothing else. */
import type { S3 } from '@aws-sdk/client-s3'
import { DunlinError } from '../../../src/worker.ts'
import { functionName } from '../deployment.ts'
import { isPreconditionFailed, s3Error } from '../s3/s3-error.ts'
import { applyStack, type Change, deployedText } from './apply-stack.ts'
import type { Aws } from './aws-clients.ts'
import { type Caller, findCaller } from './caller.ts'
import { bucketName, type Deployment } from './deployment-plan.ts'
import { hasBucket } from './find-bucket.ts'
import { type FunctionPackage, functionPackage } from './function-package.ts'
import { functionsTemplate } from './functions-template.ts'
import type { Grants } from './grants.ts'
import { driverPolicy, functionsStack, PACKAGES, storageStack, workerRole } from './names.ts'
import { describeStack, outputOf, type StackWork } from './stack.ts'
import { storageTemplate } from './storage-template.ts'

/** What is in the account after `deploy`. */
export interface Deployed {
  readonly name: string
  readonly region: string
  readonly account: string
  readonly bucket: string
  /** `user`: it was there, and nothing of it was changed. */
  readonly bucketOf: 'dunlin' | 'user'
  readonly functions: readonly string[]
  /** ARN of what the functions run as. */
  readonly workerRole: string
  /** ARN of the policy to attach to who runs jobs. */
  readonly driverPolicy: string
  readonly grants: Grants
  readonly storage: Change
  readonly compute: Change
}

export interface DeployWork extends Omit<StackWork, 'cloudformation'> {
  readonly aws: Aws
}

/**
 * The bucket first, by a stack of its own or as it is; then the package of the functions into it; then the functions and
 * their rights.
 *
 * @throws CONFIGURATION for another bucket than that of before; ACCESS_DENIED; what the stacks say
 */
export async function deploy(deployment: Deployment, work: DeployWork): Promise<Deployed> {
  const { aws, say } = work
  const caller = await findCaller(aws)
  const s3 = await aws.s3()
  const stacks: StackWork = { ...work, cloudformation: await aws.cloudformation() }
  say(`account ${caller.account}, region ${caller.region}, as ${caller.arn}`)
  const { bucket, isOurs } = await decideBucket(deployment, caller, s3, stacks)
  const storage = isOurs
    ? (await applyStack(stacks, storageStack(deployment.name), storageTemplate(deployment))).change
    : 'unchanged'
  if (!isOurs) say(`the bucket ${bucket} was there: nothing of its settings is changed`)
  const code = await upload(await functionPackage(), bucket, caller, s3, say)
  const { change: compute } = await applyStack(
    stacks,
    functionsStack(deployment.name),
    functionsTemplate(deployment, code),
  )
  await removeOldPackages(code, bucket, caller, s3)
  const { name, memorySizesMb, grants } = deployment
  const [, partition = 'aws'] = caller.arn.split(':')
  return {
    ...{ name, region: caller.region, account: caller.account, bucket, bucketOf: isOurs ? 'dunlin' : 'user' },
    functions: memorySizesMb.map(memoryMb => functionName(name, memoryMb)),
    workerRole: `arn:${partition}:iam::${caller.account}:role/${workerRole(name, caller.region)}`,
    driverPolicy: `arn:${partition}:iam::${caller.account}:policy/${driverPolicy(name, caller.region)}`,
    ...{ grants, storage, compute },
  }
}

/** The grants that were deployed last under this name: they stay unless others are given. */
export async function deployedGrants(name: string, work: DeployWork): Promise<Grants | undefined> {
  const cloudformation = await work.aws.cloudformation()
  const text = await deployedText({ ...work, cloudformation }, functionsStack(name))
  if (text === undefined) return undefined
  const template = JSON.parse(text) as { Metadata?: { dunlin?: { grants?: Grants } } }
  return template.Metadata?.dunlin?.grants
}

async function decideBucket(
  { name, bucket: said }: Deployment,
  caller: Caller,
  s3: S3,
  stacks: StackWork,
): Promise<{ readonly bucket: string; readonly isOurs: boolean }> {
  const bucket = bucketName({ name, bucket: said }, caller)
  const before = await describeStack(stacks, storageStack(name))
  const held = before === undefined ? undefined : outputOf(before, 'Bucket')
  if (held !== undefined && held !== bucket) {
    throw new DunlinError('CONFIGURATION', `${name} is deployed with the bucket ${held}, not ${bucket}`, {
      hint: 'Deploy under another --name, or `dunlin destroy` first: a bucket cannot be renamed.',
    })
  }
  if (before !== undefined) return { bucket, isOurs: true }
  return { bucket, isOurs: !(await hasBucket(s3, bucket, caller)) }
}

/** Gives the key. What has the name already is the same package. */
async function upload(
  { zip, key }: FunctionPackage,
  bucket: string,
  caller: Caller,
  s3: S3,
  say: (line: string) => void,
): Promise<string> {
  const uri = `s3://${bucket}/${key}`
  try {
    await s3.putObject({
      Bucket: bucket,
      Key: key,
      Body: zip,
      IfNoneMatch: '*',
      ContentType: 'application/zip',
      ExpectedBucketOwner: caller.account,
    })
    say(`uploaded ${uri} (${Math.ceil(zip.byteLength / 1_000)} kB)`)
  } catch (error) {
    if (!isPreconditionFailed(error)) throw s3Error(error, { action: 's3:PutObject', uri })
  }
  return key
}

/** Lambda has a copy of its own; what was uploaded before is of no use. */
async function removeOldPackages(code: string, bucket: string, caller: Caller, s3: S3): Promise<void> {
  const owned = { Bucket: bucket, ExpectedBucketOwner: caller.account }
  const asked = { action: 's3:ListBucket', uri: `s3://${bucket}/${PACKAGES}` } as const
  try {
    const { Contents = [] } = await s3.listObjectsV2({ ...owned, Prefix: PACKAGES })
    for (const { Key = '' } of Contents)
      if (Key !== code && /^functions\/[0-9a-f]{64}\.zip$/.test(Key)) await s3.deleteObject({ ...owned, Key })
  } catch (error) {
    throw s3Error(error, asked)
  }
}

/** findDeployed and destroy: what of a deployment is in the account, and removing it and nothing else. */
import { type AwsDeployment, checkDeployment, DEFAULT_NAME, defaultBucket } from '../deployment.ts'
import { removeStack } from './apply-stack.ts'
import { type BucketContents, clearBucket, countContents } from './bucket-contents.ts'
import { type Caller, findCaller } from './caller.ts'
import type { DeployWork } from './deploy.ts'
import { hasBucket } from './find-bucket.ts'
import { functionsStack, storageStack } from './names.ts'
import { describeStack, outputOf, type StackWork } from './stack.ts'

/** What there is, before anything is removed. */
export interface Found {
  readonly name: string
  readonly caller: Caller
  readonly functionsStack: string | undefined
  readonly storageStack: string | undefined
  /** Undefined where there is no bucket. */
  readonly bucket: { readonly name: string; readonly contents: BucketContents } | undefined
}

export interface Destroyed {
  readonly removed: { readonly stacks: readonly string[]; readonly objects: number; readonly bytes: number }
  /** What is there still, and why. */
  readonly kept: readonly string[]
}

/** @throws CONFIGURATION without region or credentials; ACCESS_DENIED */
export async function findDeployed(settings: AwsDeployment, work: DeployWork): Promise<Found> {
  checkDeployment(settings)
  const { name = DEFAULT_NAME } = settings
  const { aws } = work
  const caller = await findCaller(aws)
  const stacks: StackWork = { ...work, cloudformation: await aws.cloudformation() }
  const functions = await describeStack(stacks, functionsStack(name))
  const storage = await describeStack(stacks, storageStack(name))
  const held = [storage, functions].map(stack => stack && outputOf(stack, 'Bucket')).find(Boolean)
  const bucket = held ?? settings.bucket ?? defaultBucket(name, caller.account, caller.region)
  const s3 = await aws.s3()
  const isThere = await hasBucket(s3, bucket, caller)
  return {
    name,
    caller,
    functionsStack: functions?.StackName,
    storageStack: storage?.StackName,
    bucket: isThere
      ? { name: bucket, contents: await countContents(s3, bucket, { name, caller }) }
      : undefined,
  }
}

export const isNothing = ({ functionsStack, storageStack, bucket }: Found): boolean =>
  functionsStack === undefined && storageStack === undefined && (bucket?.contents.own.objects ?? 0) === 0

/**
 * Functions and rights first, so that nothing writes any more; then what dunlin has put into the bucket; then the bucket,
 * if it was made by `deploy` and is empty.
 *
 * @throws what the stacks say; what was removed until then is removed
 */
export async function destroy(found: Found, work: DeployWork): Promise<Destroyed> {
  const { name, caller, bucket } = found
  const { aws, say } = work
  const stacks: StackWork = { ...work, cloudformation: await aws.cloudformation() }
  const removed: string[] = []
  const kept: string[] = []
  if (await removeStack(stacks, functionsStack(name))) removed.push(functionsStack(name))
  let cleared = { objects: 0, bytes: 0 }
  let isEmpty = true
  if (bucket !== undefined) {
    const s3 = await aws.s3()
    say(`removing what dunlin wrote into ${bucket.name}`)
    cleared = await clearBucket(s3, bucket.name, { name, caller })
    const { foreign } = await countContents(s3, bucket.name, { name, caller })
    isEmpty = foreign.objects === 0
    if (!isEmpty)
      kept.push(
        `the bucket ${bucket.name}: it holds ${foreignText(foreign)}, which dunlin did not write for itself`,
      )
    else if (found.storageStack === undefined)
      kept.push(`the bucket ${bucket.name}: it is not one that \`dunlin deploy\` made`)
  }
  if (found.storageStack !== undefined) {
    if (isEmpty) {
      if (await removeStack(stacks, storageStack(name))) removed.push(storageStack(name))
    } else kept.push(`the stack ${found.storageStack}, which holds the bucket: empty it, and destroy again`)
  }
  return { removed: { stacks: removed, ...cleared }, kept }
}

const foreignText = ({ objects, some }: BucketContents['foreign']): string => {
  const more = objects > some.length ? ' …' : ''
  return `${objects} object${objects === 1 ? '' : 's'} (${some.join(', ')}${more})`
}

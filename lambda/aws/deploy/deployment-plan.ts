/** Deployment: all that a template says, with the defaults filled in. Pure. */
import {
  type Architecture,
  type AwsDeployment,
  checkDeployment,
  DEFAULT_MEMORY_SIZES_MB,
  DEFAULT_NAME,
  defaultBucket,
  MOST_TIMEOUT_MS,
} from '../deployment.ts'
import { type Grants, NO_GRANTS } from './grants.ts'
import { ACCOUNT, literal, REGION, sub, type Text } from './template.ts'

export interface Deployment {
  readonly name: string
  /** Undefined: the default one, which has account and region in its name. */
  readonly bucket: string | undefined
  readonly memorySizesMb: readonly number[]
  readonly timeoutMs: number
  readonly architecture: Architecture
  readonly grants: Grants
  /** What jobs have left is deleted after so many days. */
  readonly keepDays: number
  /** Of dunlin. */
  readonly version: string
}

export const DEFAULT_KEEP_DAYS = 30

/** @throws CONFIGURATION that names the setting */
export function planDeployment(
  settings: AwsDeployment,
  options: { readonly version: string; readonly grants?: Grants; readonly keepDays?: number },
): Deployment {
  checkDeployment(settings)
  return {
    name: settings.name ?? DEFAULT_NAME,
    bucket: settings.bucket,
    memorySizesMb: settings.memorySizesMb ?? DEFAULT_MEMORY_SIZES_MB,
    timeoutMs: settings.timeoutMs ?? MOST_TIMEOUT_MS,
    architecture: settings.architecture ?? 'arm64',
    grants: options.grants ?? NO_GRANTS,
    keepDays: options.keepDays ?? DEFAULT_KEEP_DAYS,
    version: options.version,
  }
}

/** In a template, which is the same for all accounts and regions. */
export function bucketText({ name, bucket }: Pick<Deployment, 'name' | 'bucket'>): Text {
  return bucket ?? sub(bucketPattern({ name, bucket }))
}

/** The bucket's name within a text of `Fn::Sub`. */
export function bucketPattern({ name, bucket }: Pick<Deployment, 'name' | 'bucket'>): string {
  return bucket === undefined ? defaultBucket(name, ACCOUNT, REGION) : literal(bucket)
}

/** The bucket's name in an account. */
export function bucketName(
  { name, bucket }: Pick<Deployment, 'name' | 'bucket'>,
  caller: { readonly account: string; readonly region: string },
): string {
  return bucket ?? defaultBucket(name, caller.account, caller.region)
}

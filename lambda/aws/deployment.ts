/** AwsDeployment: what of dunlin is in an account, and by which names; `deploy` makes it, the engine uses it. */
import { DunlinError } from '../../src/worker.ts'

/** Kinds of processors that functions can have. */
export type Architecture = 'arm64' | 'x86_64'

/** What `dunlin.config.ts` says of AWS, for deploying and running alike. */
export interface AwsDeployment {
  /** Region, as `eu-central-1`. Default: as the AWS SDK finds it in the environment. */
  readonly region?: string
  /** Begins the name of all that is deployed, so that several can be in one account. Default `dunlin`. */
  readonly name?: string
  /** Bucket of jobs and their data. Default: `<name>-<account>-<region>`, which `deploy` makes. */
  readonly bucket?: string
  /** Sizes of memory, in megabytes, with a function for each; the first runs what asks for nothing else. Default 1769, 3538 and 7076. */
  readonly memorySizesMb?: readonly number[]
  /** The longest that one task may take, in milliseconds. Default 900,000, which is Lambda's limit. */
  readonly timeoutMs?: number
  /** Processors of the functions. Default `arm64`, which costs a fifth less. */
  readonly architecture?: Architecture
}

export const DEFAULT_NAME = 'dunlin'
/** From 1,769 MB on a function has a whole processor. */
export const DEFAULT_MEMORY_SIZES_MB: readonly number[] = [1_769, 3_538, 7_076]
export const MOST_TIMEOUT_MS = 900_000

/**
 * @example
 * functionName('dunlin', 1769) // 'dunlin-1769'
 */
export const functionName = (name: string, memoryMb: number): string => `${name}-${memoryMb}`

/** A bucket's name is the world's: the account makes it one's own. */
export const defaultBucket = (name: string, account: string, region: string): string =>
  `${name}-${account}-${region}`

/** @throws CONFIGURATION that names the setting, and what it may be */
export function checkDeployment(deployment: AwsDeployment): void {
  const { name = DEFAULT_NAME, memorySizesMb = DEFAULT_MEMORY_SIZES_MB, timeoutMs, architecture } = deployment
  const refuse = (setting: string, value: unknown, allowed: string): never => {
    throw new DunlinError('CONFIGURATION', `aws.${setting} is ${JSON.stringify(value)}, not ${allowed}`)
  }
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name))
    refuse('name', name, 'lower-case letters, digits and hyphens, 31 at most')
  const isSize = (mb: number): boolean => Number.isSafeInteger(mb) && mb >= 512 && mb <= 10_240
  const isAscending = memorySizesMb.every((mb, i) => i === 0 || mb > memorySizesMb[i - 1]!)
  if (memorySizesMb.length === 0 || !memorySizesMb.every(isSize) || !isAscending)
    refuse('memorySizesMb', memorySizesMb, 'whole numbers from 512 to 10240 in ascending order')
  if (
    timeoutMs !== undefined &&
    !(Number.isSafeInteger(timeoutMs) && timeoutMs >= 10_000 && timeoutMs <= MOST_TIMEOUT_MS)
  ) {
    refuse('timeoutMs', timeoutMs, `a whole number from 10000 to ${MOST_TIMEOUT_MS}`)
  }
  if (architecture !== undefined && architecture !== 'arm64' && architecture !== 'x86_64')
    refuse('architecture', architecture, "'arm64' or 'x86_64'")
}

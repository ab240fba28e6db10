/** readDeployment: what the verbs of AWS are told about the account, by flags and the configuration file. */
import type { AwsDeployment, AwsPlace } from '../../lambda/aws/deploy/index.ts'
import { readConfig } from '../configuration/read-config.ts'

export interface DeploymentFlags {
  readonly region?: string
  readonly name?: string
  readonly bucket?: string
  /** Megabytes. */
  readonly memory?: readonly number[]
  /** Milliseconds. */
  readonly timeout?: number
  readonly architecture?: 'arm64' | 'x86_64'
  readonly endpoint?: string
}

export interface DeploymentChoice {
  readonly settings: AwsDeployment
  /** Where all services are. */
  readonly place: AwsPlace
  /** What relative paths of jobs are relative to. Default: the bucket of jobs. */
  readonly base?: string
}

/**
 * A flag comes before `dunlin.config.ts`; what neither says comes from where the AWS SDK looks (AWS_REGION, AWS_PROFILE), or is
 * the default.
 *
 * @throws CONFIGURATION for what is wrong with the file
 */
export async function readDeployment(flags: DeploymentFlags): Promise<DeploymentChoice> {
  const { aws = {} } = (await readConfig()).config
  const given: AwsDeployment = {
    ...pick('region', flags.region ?? aws.region),
    ...pick('name', flags.name ?? aws.name),
    ...pick('bucket', flags.bucket ?? aws.bucket),
    ...pick('memorySizesMb', flags.memory ?? aws.memorySizesMb),
    ...pick('timeoutMs', flags.timeout ?? aws.timeoutMs),
    ...pick('architecture', flags.architecture ?? aws.architecture),
  }
  return {
    settings: given,
    place: { ...pick('region', given.region), ...pick('endpoint', flags.endpoint) },
    ...pick('base', aws.base),
  }
}

const pick = <K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: V })

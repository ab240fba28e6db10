/** readDeployment: what the verbs of AWS are told about the account, by flags. */
import type { AwsDeployment, AwsPlace } from '../../lambda/aws/deploy/index.ts'

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
}

/** What no flag says comes from where the AWS SDK looks (AWS_REGION, AWS_PROFILE), or is the default. */
export function readDeployment(flags: DeploymentFlags): DeploymentChoice {
  const { region, name, bucket, memory, timeout, architecture, endpoint } = flags
  return {
    settings: {
      ...(region === undefined ? {} : { region }),
      ...(name === undefined ? {} : { name }),
      ...(bucket === undefined ? {} : { bucket }),
      ...(memory === undefined ? {} : { memorySizesMb: memory }),
      ...(timeout === undefined ? {} : { timeoutMs: timeout }),
      ...(architecture === undefined ? {} : { architecture }),
    },
    place: {
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
    },
  }
}

/** openLambdaAccount: what Lambda says of the account and of the functions that are deployed in it. */
import { DunlinError } from '../../src/worker.ts'
import type { AwsOptions } from './aws-options.ts'
import { loadLambdaSdk } from './lambda-sdk.ts'
import { type Lookup, lookupFailure } from './lookup-failure.ts'

/** Of a function's ARN. */
export interface DeployedAt {
  readonly region: string
  readonly account: string
}

export interface LambdaAccount {
  readonly region: string
  /** @throws CONFIGURATION where it is not deployed there */
  find(functionName: string): Promise<DeployedAt>
  /** Invocations that all functions without a reservation may have at once; undefined for who may not ask (no policy can allow that alone). */
  unreservedConcurrency(): Promise<number | undefined>
  close(): void
}

/** @throws CONFIGURATION where the AWS SDK is not installed, or no region is configured */
export async function openLambdaAccount(options: AwsOptions): Promise<LambdaAccount> {
  const { GetAccountSettingsCommand, GetFunctionConfigurationCommand, LambdaClient } = await loadLambdaSdk()
  const { endpoints, credentials } = options
  const endpoint = endpoints?.lambda
  const client = new LambdaClient({
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(endpoint === undefined || credentials === undefined ? {} : { credentials }),
  })
  const asked = async <T>(answer: Promise<T>, lookup: Omit<Lookup, 'region'>): Promise<T> => {
    try {
      return await answer
    } catch (error) {
      throw lookupFailure(error, { ...lookup, region })
    }
  }
  let region: string | undefined
  region = await asked(client.config.region(), { action: 'lambda:GetFunctionConfiguration' })
  return {
    region,
    async find(functionName) {
      const command = new GetFunctionConfigurationCommand({ FunctionName: functionName })
      const lookup = { action: 'lambda:GetFunctionConfiguration', functionName } as const
      const { FunctionArn = '' } = await asked(client.send(command), lookup)
      const [, , , itsRegion = '', account = ''] = FunctionArn.split(':')
      return { region: itsRegion, account }
    },
    async unreservedConcurrency() {
      try {
        const answer = client.send(new GetAccountSettingsCommand({}))
        const { AccountLimit } = await asked(answer, { action: 'lambda:GetAccountSettings' })
        return AccountLimit?.UnreservedConcurrentExecutions ?? 0
      } catch (error) {
        if (error instanceof DunlinError && error.code === 'ACCESS_DENIED') return undefined
        throw error
      }
    },
    close: () => client.destroy(),
  }
}

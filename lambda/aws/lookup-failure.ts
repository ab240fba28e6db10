/** What Lambda's control plane says where it gives no answer, as a DunlinError with its remedy. */
import { DunlinError } from '../../src/worker.ts'
import { LOG_IN_HINT } from './invoke-failure.ts'
import { isRegionMissing, NOT_AUTHENTICATED } from './not-authenticated.ts'

export interface Lookup {
  /** The permission that it needs. */
  readonly action: 'lambda:GetFunctionConfiguration' | 'lambda:GetAccountSettings'
  /** Undefined where nothing configures one. */
  readonly region: string | undefined
  /** The function that is asked about. */
  readonly functionName?: string
}

interface Said {
  readonly name?: string
  readonly code?: string
  readonly message?: string
}

export function lookupFailure(error: unknown, { action, region, functionName }: Lookup): DunlinError {
  if (error instanceof DunlinError) return error
  const { name = 'Error', code, message = String(error) } = (error ?? {}) as Said
  const fail = (text: string, hint: string): DunlinError =>
    new DunlinError('CONFIGURATION', text, { cause: error, hint })
  if (isRegionMissing(error)) {
    return fail('no AWS region is configured', 'Set aws.region in dunlin.config.ts, or AWS_REGION.')
  }
  if (NOT_AUTHENTICATED.has(name)) {
    const known =
      name === 'CredentialsProviderError' ? 'there are no AWS credentials' : 'AWS does not know you'
    return fail(`${known} (${message})`, LOG_IN_HINT)
  }
  if (name === 'ResourceNotFoundException') {
    return fail(
      `there is no function ${functionName} in ${region}`,
      'Deploy it: `dunlin deploy`. If it is deployed, set aws.region, aws.name and aws.memorySizesMb (or AWS_REGION, ' +
        'AWS_PROFILE) as for the deployment.',
    )
  }
  if (name === 'AccessDeniedException' || name === 'AccessDenied') {
    return new DunlinError('ACCESS_DENIED', `AWS refused ${action} in ${region} (${message})`, {
      cause: error,
      hint: `Whoever runs jobs needs ${action}: grant it.`,
    })
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'ECONNREFUSED') {
    return fail(
      `Lambda in ${region} cannot be reached (${message})`,
      'Check the network, the name of the region (aws.region, AWS_REGION), and the endpoint if one is configured.',
    )
  }
  return fail(
    `${action} failed in ${region}: ${name}: ${message}`,
    'Try again; `dunlin doctor` looks at all of it.',
  )
}

/** What services of AWS, the SDK and the network say, as a DunlinError that names the request and its remedy. */
import { DunlinError } from '../../../src/worker.ts'
import { CREDENTIALS_HINT, isRegionMissing, NOT_AUTHENTICATED } from '../not-authenticated.ts'

interface Said {
  readonly name?: string
  readonly Code?: string
  readonly code?: unknown
  readonly message?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

export const REGION_HINT = 'Set AWS_REGION, or give --region.'

const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'AuthorizationError',
])

export const errorName = (error: unknown): string => {
  const { name = '', Code } = (error ?? {}) as Said
  return Code ?? name
}

export const isDenied = (error: unknown): boolean =>
  DENIED.has(errorName(error)) || (error as Said | null)?.$metadata?.httpStatusCode === 403

/** `action`: the right that the request needs, as policies name it. */
export function awsError(error: unknown, action: string): DunlinError {
  if (error instanceof DunlinError) return error
  const name = errorName(error)
  const { message: all = String(error), $metadata } = (error ?? {}) as Said
  // The SDK adds lines for whoever debugs it.
  const [message = ''] = all.split('\n')
  const text = message.startsWith(name) || name === '' || name === 'Error' ? message : `${name}: ${message}`
  const unknown = NOT_AUTHENTICATED.get(name)
  if (unknown !== undefined)
    return new DunlinError('CONFIGURATION', `${unknown} (${text})`, { cause: error, hint: CREDENTIALS_HINT })
  if (isRegionMissing(error))
    return new DunlinError('CONFIGURATION', 'no AWS region is configured', {
      cause: error,
      hint: REGION_HINT,
    })
  if (isDenied(error)) {
    return new DunlinError('ACCESS_DENIED', `AWS refused ${action} (${text})`, {
      cause: error,
      hint: `Whoever does this needs ${action}: the rights that each verb needs are in docs/aws.md.`,
    })
  }
  if ($metadata?.httpStatusCode === undefined) {
    return new DunlinError('CONFIGURATION', `no answer came to ${action} (${text})`, {
      cause: error,
      hint: 'Check the network, the region, and the endpoint if one is given.',
    })
  }
  return new DunlinError('CONFIGURATION', `AWS answered ${action} with: ${text}`, { cause: error })
}

/** Gives what `request` gives, and its errors as `awsError`. */
export async function asking<T>(action: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    throw awsError(error, action)
  }
}

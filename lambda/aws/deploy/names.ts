/** What deploying makes is called, and which objects of the bucket are dunlin's own. */
import { isJobId } from '../../../src/worker.ts'

/** Holds the bucket alone, so that functions can come and go while it stays. */
export const storageStack = (name: string): string => `${name}-storage`
export const functionsStack = (name: string): string => name

/** Names of IAM are the account's, whatever the region. */
export const workerRole = (name: string, region: string): string => `${name}-worker-${region}`
export const driverPolicy = (name: string, region: string): string => `${name}-driver-${region}`

export const logGroup = (functionName: string): string => `/aws/lambda/${functionName}`

/** The package of the function, by the hash of its content (SHA-256 in hexadecimal). */
export const packageKey = (hash: string): string => `${PACKAGES}${hash}.zip`

export const PACKAGES = 'functions/'
/** Where Lambda puts what became of asynchronous events that failed. */
export const FAILED_EVENTS = 'aws/lambda/async/'
/** Deleted by the bucket itself, some days after they were written. */
export const EXPIRING: readonly string[] = ['jobs/', 'reuse/', FAILED_EVENTS]

const HASH = '[0-9a-f]{64}'
const FIXED = new RegExp(`^(code/${HASH}\\.(mjs|bin|map)|reuse/${HASH}\\.json|functions/${HASH}\\.zip)$`)

/**
 * Whether an object of the bucket is one that dunlin has written for itself. Outputs are not, nor is what others have put
 * under the same prefixes.
 *
 * @example
 * isOwnKey('jobs/20261121-034112-x7f3k2/plan.json', 'dunlin') // true
 * isOwnKey('jobs/notes.txt', 'dunlin') // false
 */
export function isOwnKey(key: string, name: string): boolean {
  if (FIXED.test(key)) return true
  const [first, second = '', third, ...rest] = key.split('/')
  if (first === 'jobs') return third !== undefined && isJobId(second)
  const functionName = rest[0] ?? ''
  return key.startsWith(FAILED_EVENTS) && new RegExp(`^${name}-\\d+$`).test(functionName)
}

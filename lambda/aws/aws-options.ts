/** AwsOptions: how the engine of AWS is reached, beside what is deployed. */
import { DunlinError, schemeOf } from '../../src/worker.ts'
import { type AwsDeployment, checkDeployment } from './deployment.ts'
import type { InvocationMode } from './invocation-mode.ts'
import type { AwsPrices } from './prices.ts'
import { parseS3Uri } from './s3/s3-uri.ts'

/** What `aws` takes, and what the key `aws` of `dunlin.config.ts` is: all of it can be found or has a default. */
export interface AwsOptions extends AwsDeployment {
  /** Invocations at once, of all jobs of this driver. Default: half of what the account has left for all functions. */
  readonly concurrency?: number
  /**
   * How tasks are invoked: `sync` holds a connection for each, `event` takes the result from the store. Default `auto`: as
   * events those that are long, or more than 1,000 at once.
   */
  readonly invocation?: InvocationMode
  /** Prices that are known better than by the table (`prices.ts`), in dollars: by agreement, or of a region that it does not have. */
  readonly prices?: Partial<AwsPrices>
  /** What relative paths of sources and outputs are relative to: `s3://my-data/`. Default: the bucket of jobs. */
  readonly base?: string
  /** Where jobs keep their plans, shuffle data and journals: `s3://bucket/prefix`. Default: the root of `bucket`. */
  readonly store?: string
  /** Base URLs of services that speak as Lambda and S3 do. Default: those of AWS, as its SDK finds them. */
  readonly endpoints?: { readonly lambda?: string; readonly s3?: string }
  /** For such endpoints alone, where they want their own. AWS itself is asked with what its SDK finds. */
  readonly credentials?: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
}

/** @throws CONFIGURATION that names the option, and what it may be */
export function checkAwsOptions(options: AwsOptions): void {
  checkDeployment(options)
  const { concurrency, invocation, store, credentials, endpoints = {} } = options
  const refuse = (option: string, value: string, allowed: string): never => {
    throw new DunlinError('CONFIGURATION', `aws.${option} is ${value}, not ${allowed}`)
  }
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0))
    refuse('concurrency', String(concurrency), 'a whole number from 1 on')
  if (invocation !== undefined && !['auto', 'sync', 'event'].includes(invocation))
    refuse('invocation', JSON.stringify(invocation), "'auto', 'sync' or 'event'")
  if (store !== undefined) {
    if (schemeOf(store) !== 's3') refuse('store', JSON.stringify(store), "an address as 's3://bucket/prefix'")
    parseS3Uri(store)
  }
  for (const [service, url] of Object.entries(endpoints)) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      refuse(`endpoints.${service}`, JSON.stringify(url), 'a URL as http://127.0.0.1:9000')
  }
  if (credentials !== undefined && Object.keys(endpoints).length === 0) {
    throw new DunlinError('CONFIGURATION', 'aws.credentials are for aws.endpoints, of which there are none', {
      hint: 'For AWS itself log in as for its CLI: AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    })
  }
}

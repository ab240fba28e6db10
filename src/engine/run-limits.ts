/** The limits of a run, as far as they are set. */
import type { RunOptions } from '../dataset/run-options.ts'

type Limit = 'retries' | 'concurrency' | 'maxCost'
export type RunLimits = Pick<RunOptions, Limit>

export function limitsOf(given: { readonly [K in Limit]?: number | undefined }): RunLimits {
  const { retries, concurrency, maxCost } = given
  return {
    ...(retries === undefined ? {} : { retries }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(maxCost === undefined ? {} : { maxCost }),
  }
}

/** The limits of a run, as far as they are set. */
import { DunlinError } from '../../operators/index.ts'
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

/** @throws INVALID_ARGUMENT for what is no sum of dollars */
export function checkMaxCost(maxCost: number): void {
  if (Number.isFinite(maxCost) && maxCost > 0) return
  throw new DunlinError('INVALID_ARGUMENT', `run: maxCost must be dollars above 0, not ${String(maxCost)}`)
}

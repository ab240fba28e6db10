/** One limit per backend: the jobs that run on it at the same time share its slots fairly. */
import type { ComputeBackend } from '../compute/compute-backend.ts'
import { ConcurrencyLimit } from '../scheduler/concurrency-limit.ts'

const limits = new WeakMap<ComputeBackend, ConcurrencyLimit>()

export function sharedLimit(compute: ComputeBackend): ConcurrencyLimit {
  let limit = limits.get(compute)
  if (limit === undefined) limits.set(compute, (limit = new ConcurrencyLimit(compute.slots)))
  return limit
}

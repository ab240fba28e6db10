/** Exchanges of two levels: what is lost or comes late on either, and what depends on it across the merge. */
import type { Workload } from '../workload.ts'
import { sort } from './ordering.ts'
import { wordCount } from './word-count.ts'

export const mergedCounts: Workload = {
  ...wordCount,
  name: 'merged counts',
  plan: { ...wordCount.plan, partitions: 5, splitBytes: 60, exchange: 'two-level' },
}

export const mergedSort: Workload = {
  ...sort,
  name: 'merged sort',
  plan: { ...sort.plan, exchange: 'two-level' },
}

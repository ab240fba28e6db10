/** All workloads, prepared once: a seed chooses one of them. */
import { afterEarlier } from '../earlier-job.ts'
import { runSeed } from '../run-seed.ts'
import { type Found, type PreparedWorkload, prepareWorkload, type Workload } from '../workload.ts'
import { ownLetters, placedLetters } from './bad-records.ts'
import { dealtRows, dealtTwice } from './indeterminate.ts'
import { mergedCounts, mergedSort } from './merged.ts'
import { sort, spillingSort } from './ordering.ts'
import { reduceByKey, stagedValues } from './row-functions.ts'
import { broadcastJoin, hashJoin, limitThenSort, skewJoin, take, unionDistinct } from './tables.ts'
import {
  appendedCounts,
  overwrittenCounts,
  sortedCounts,
  straightThrough,
  twoOutputs,
  wordCount,
} from './word-count.ts'

const WORKLOADS: readonly Workload[] = [
  wordCount,
  twoOutputs,
  reduceByKey,
  stagedValues,
  sort,
  spillingSort,
  hashJoin,
  skewJoin,
  broadcastJoin,
  unionDistinct,
  take,
  limitThenSort,
  dealtRows,
  dealtTwice,
  straightThrough,
  appendedCounts,
  overwrittenCounts,
  ownLetters,
  placedLetters,
  sortedCounts,
  mergedCounts,
  mergedSort,
]

export interface KnownWorkload {
  readonly workload: PreparedWorkload
  /** What it gives without faults, which the array model has approved. */
  readonly reference: readonly Found[]
}

const known = new Map<string, Promise<KnownWorkload>>()

/** @throws where a run without faults is not what the array model gives */
async function know(workload: Workload): Promise<KnownWorkload> {
  const prepared = await afterEarlier(await prepareWorkload(workload))
  const calm = await runSeed({ seed: 0, workload: prepared, reference: null, rates: {} })
  if (calm.findings.length > 0 || calm.found === null) {
    throw new Error(`${workload.name} fails without faults: ${calm.findings.join('\n')}`)
  }
  return { workload: prepared, reference: calm.found }
}

function knownWorkload(workload: Workload): Promise<KnownWorkload> {
  let one = known.get(workload.name)
  if (one === undefined) known.set(workload.name, (one = know(workload)))
  return one
}

export const workloadNames: readonly string[] = WORKLOADS.map(({ name }) => name)

export function workloadNamed(name: string): Promise<KnownWorkload> {
  return knownWorkload(WORKLOADS.find(one => one.name === name)!)
}

/** One after another; the one that takes five times as long as others has its turn less often. */
export function workloadOfSeed(seed: number): Promise<KnownWorkload> {
  const workload = WORKLOADS[seed % WORKLOADS.length]!
  const round = Math.floor(seed / WORKLOADS.length)
  return knownWorkload(workload === spillingSort && round % 4 !== 0 ? take : workload)
}

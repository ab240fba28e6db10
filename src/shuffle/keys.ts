/** Where the objects of a stage are, below the root of the engine's store. */
import type { StageId } from '../../planner/index.ts'

const stagePrefix = (job: string, stage: StageId): string => `jobs/${job}/stage-${stage}/`

/** What identifies one delivery of one task: no two deliveries write the same key. */
export interface AttemptName {
  readonly task: number
  readonly attempt: number
  readonly nonce: string
}

export const attemptName = ({ task, attempt, nonce }: AttemptName): string => `${task}-${attempt}-${nonce}`

/** Where all data of a stage is. */
export const dataPrefix = (job: string, stage: StageId): string => `${stagePrefix(job, stage)}data/`

export const dataKey = (job: string, stage: StageId, name: AttemptName): string =>
  `${dataPrefix(job, stage)}${attemptName(name)}.arrow`

/** Where all commits of a stage are. */
export const commitPrefix = (job: string, stage: StageId): string => `${stagePrefix(job, stage)}commits/`

export const commitKey = (job: string, stage: StageId, task: number, generation: number): string =>
  `${commitPrefix(job, stage)}${task}.${generation}`

/** One key a generation: attempts that read an older one may still be at work. */
export const manifestKey = (job: string, stage: StageId, generation: number): string =>
  `${stagePrefix(job, stage)}exchange.${generation}.manifest`

/** Where a manifest task puts slices aside. */
export const spilledSlicesKey = (job: string, stage: StageId, attempt: number, nonce: string): string =>
  `${stagePrefix(job, stage)}runs/manifest-${attempt}-${nonce}.slices`

/** The n-th object of runs that an attempt keeps. */
export const runsKey = (job: string, stage: StageId, name: AttemptName, n: number): string =>
  `${stagePrefix(job, stage)}runs/${attemptName(name)}-${n}.arrow`

/** SimulationRun: one job in one world, over; what the invariants look at. */

import type { SkipPolicy, WriteMode } from '../../planner/index.ts'
import type { JobEvent } from '../../src/events/job-event.ts'
import { isEndKey, type JobEnd } from '../../src/job/ends.ts'
import { jobKeys } from '../../src/job/job-records.ts'
import { deadLettersUri } from '../../src/sink/dead-letters-uri.ts'
import { SUCCESS_KEY } from '../../src/sink/output-keys.ts'
import type { Fleet } from './fleet.ts'
import type { Objects, SpaceObject } from './object-space.ts'
import type { Driver } from './start-driver.ts'
import { isLate } from './store-request.ts'
import { type Found, JOB, type PreparedWorkload } from './workload.ts'
import { ENGINE_URI, type World } from './world.ts'

export interface SimulationRun {
  readonly world: World
  readonly workload: PreparedWorkload
  readonly fleet: Fleet
  readonly drivers: readonly Driver[]
  /** Null for a job that was never recorded, or could not be ended. */
  readonly end: JobEnd | null
  readonly cleaningErrors: readonly unknown[]
  /** How it had ended before it was retried. */
  readonly endBeforeRetry: JobEnd | null
  /** By number of output: what a reader found when the job had succeeded; null where nobody could. */
  readonly found: readonly Found[] | null
  /** What a run without faults gave. */
  readonly reference: readonly Found[] | null
}

/** An invariant: what is wrong with a run, a line for each. */
export type Invariant = (run: SimulationRun) => Iterable<string>

/** What all drivers have told. */
export function* toldEvents({ drivers }: SimulationRun): Generator<JobEvent> {
  for (const { events } of drivers) yield* events
}

/** The output directories, by the number of the output. */
export function outputSpaces({ world, workload }: Pick<SimulationRun, 'world' | 'workload'>) {
  return workload.prepared.logical.outputs.flatMap((output, index) =>
    output.kind === 'write' ? [{ index, mode: output.mode, space: world.space(output.uri) }] : [],
  )
}

export interface Directory {
  readonly space: Objects
  readonly mode: WriteMode
  /** What was in it when the job was submitted. */
  readonly before: ReadonlyMap<string, SpaceObject>
}

/** All directories that the job publishes into: those of its outputs, and that of its dead letters. */
export function directories({ world, workload }: Pick<SimulationRun, 'world' | 'workload'>): Directory[] {
  const { plan } = workload.prepared.planned
  const policy = plan.stages[0]?.onError
  const all = plan.stages.flatMap(({ output }): { uri: string; mode: WriteMode }[] =>
    output.kind === 'write' ? [output] : [],
  )
  if (policy !== undefined) all.push({ uri: lettersUri(policy), mode: policy.deadLetters?.mode ?? 'fail' })
  return all.map(({ uri, mode }) => ({
    space: world.space(uri),
    mode,
    before: workload.objects.get(uri) ?? new Map(),
  }))
}

/** Those that a reader may look for. */
export const readableDirectories = (run: Pick<SimulationRun, 'world' | 'workload'>): Directory[] =>
  directories(run).filter(({ space }) => !isCleanedAway(run.world, space.uri))

export const lettersUri = (policy: SkipPolicy): string =>
  deadLettersUri(policy, { job: JOB, store: ENGINE_URI })

/** How the job has ended, each time that it has. */
export const recordedEnds = ({ world }: Pick<SimulationRun, 'world'>): JobEnd[] =>
  world.space(ENGINE_URI).changes.flatMap(({ kind, key, bytes }) => {
    const isEnd = kind === 'create' && key.startsWith(jobKeys.ends(JOB)) && isEndKey(key)
    return isEnd ? [JSON.parse(Buffer.from(bytes!).toString()) as JobEnd] : []
  })

/** Whether somebody who cleans has taken the job, at least. */
export const isCleaning = (world: World): boolean =>
  world.space(ENGINE_URI).changes.some(({ key, by }) => by.startsWith('cleaner') && key.includes(JOB))

/** Whether somebody has begun to clean the job away. */
export const isCleaned = (world: World): boolean =>
  world
    .space(ENGINE_URI)
    .changes.some(({ kind, key, by }) => kind === 'delete' && by.startsWith('cleaner') && key.includes(JOB))

/** Of a directory in the job's own folder, as that of dead letters may be: it goes with the job. */
export const isCleanedAway = (world: World, uri: string): boolean =>
  uri.startsWith(ENGINE_URI) && isCleaned(world)

interface ListedPart {
  readonly name: string
  readonly bytes: number
  readonly rows: number
}

/** The parts that a directory's `_SUCCESS` lists, in order, or null where there is no `_SUCCESS`. */
export function listedParts(space: Readable): readonly ListedPart[] | null {
  const bytes = space.get(SUCCESS_KEY)?.bytes ?? takenLate(space.changes)
  return bytes === undefined
    ? null
    : (JSON.parse(Buffer.from(bytes).toString()) as { parts: ListedPart[] }).parts
}

interface Readable {
  get(key: string): { readonly bytes: Uint8Array } | undefined
  /** Absent for what was there before anything happened. */
  readonly changes?: Objects['changes']
}

/**
 * In mode `overwrite` the old `_SUCCESS` is deleted: a request that its sender was told had failed, and has sent again, may
 * arrive when the new one is there, and takes that. What the new one held.
 */
function takenLate(changes: Objects['changes'] = []): Uint8Array | undefined {
  const ofSuccess = changes.filter(({ key }) => key === SUCCESS_KEY)
  const last = ofSuccess.at(-1)
  return last?.kind === 'delete' && isLate(last.by) ? ofSuccess.at(-2)?.bytes : undefined
}

/**
 * Using again what an earlier job has computed: stages of equal digests have equal outputs. `reuse/<digest>.json` says
 * which job has one; what it says is true as long as that job has not been cleaned away.
 */
import { type PhysicalPlan, type Stage, type StageId, stageDigests } from '../../planner/index.ts'
import type { FinishedExchange, JobEvent } from '../events/job-event.ts'
import { manifestKey } from '../shuffle/keys.ts'
import { SHUFFLE_FORMAT } from '../shuffle/manifest.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { encodeRecord, readRecord } from './record.ts'
import type { StageOrigin } from './state.ts'

const REUSE_PREFIX = 'reuse/'
const reuseKey = (digest: string): string => `${REUSE_PREFIX}${digest}.json`

export interface ReuseRecord {
  readonly version: 1
  readonly from: StageOrigin
  readonly exchange: FinishedExchange
}

/** The digests under which a job's stages are kept: those of the dunlin that planned it. */
export function reuseDigests(
  plan: PhysicalPlan,
  { seed, engineVersion }: { readonly seed: number; readonly engineVersion: string },
): ReadonlyMap<StageId, string> {
  return stageDigests(plan, { seed, engine: `dunlin ${engineVersion} ${SHUFFLE_FORMAT}` })
}

export async function recordReusable(
  store: ObjectStore,
  digest: string,
  from: StageOrigin,
  exchange: FinishedExchange,
): Promise<void> {
  const record: ReuseRecord = { version: 1, from, exchange }
  await store.put(reuseKey(digest), encodeRecord(record))
}

/** The events that say which stages of a plan need not run; none where nothing can be used again. */
export async function findReusable(
  store: ObjectStore,
  plan: PhysicalPlan,
  digests: ReadonlyMap<StageId, string>,
  time: number,
): Promise<readonly JobEvent[]> {
  const stages = new Map(plan.stages.map(stage => [stage.id, stage]))
  const events = new Map<StageId, JobEvent>()
  const wanted = new Set<StageId>()
  const want = async (stage: Stage): Promise<void> => {
    if (wanted.has(stage.id) || events.has(stage.id)) return
    const record =
      stage.output.kind === 'exchange' ? await readReusable(store, digests.get(stage.id)!) : undefined
    if (record !== undefined) {
      const { from, exchange } = record
      events.set(stage.id, { type: 'stageReused', time, stage: stage.id, from, exchange })
      return
    }
    wanted.add(stage.id)
    for (const input of stage.inputs) if (input.kind === 'exchange') await want(stages.get(input.from)!)
  }
  for (const stage of plan.stages) if (stage.output.kind !== 'exchange') await want(stage)
  if (events.size === 0) return []
  return plan.stages.flatMap((stage): JobEvent[] => {
    if (wanted.has(stage.id)) return []
    return [events.get(stage.id) ?? { type: 'stageSkipped', time, stage: stage.id }]
  })
}

async function readReusable(store: ObjectStore, digest: string): Promise<ReuseRecord | undefined> {
  try {
    const record = await readRecord<ReuseRecord>(store, reuseKey(digest))
    if (record === undefined) return undefined
    const { from, exchange } = record
    const isThere = (await store.head(manifestKey(from.job, from.stage, exchange.generation))) !== undefined
    return isThere ? record : undefined
  } catch {
    // Whatever it is, it is no reason not to run.
    return undefined
  }
}

/** Removes what refers to jobs that are gone, or cannot be read. */
export async function forgetReusable(store: ObjectStore, jobs: ReadonlySet<string>): Promise<void> {
  const stale: string[] = []
  for await (const { key } of store.list(REUSE_PREFIX)) {
    const record = await readRecord<ReuseRecord>(store, key).catch(() => null)
    if (record === null || (record !== undefined && jobs.has(record.from.job))) stale.push(key)
  }
  if (stale.length > 0) await store.delete(stale)
}

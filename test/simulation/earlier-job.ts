/** afterEarlier: a workload whose earlier job has run, under another id and without faults. */
import { startJob } from '../../src/engine/submit.ts'
import { decodeCommit } from '../../src/shuffle/commit-record.ts'
import { Fleet } from './fleet.ts'
import type { Objects, SpaceObject } from './object-space.ts'
import { engineOf, runOptionsOf } from './start-driver.ts'
import { EARLIER_JOB, type PreparedWorkload, prepareWorkload } from './workload.ts'
import { ENGINE_URI, World } from './world.ts'

/** Of no seed: nonces are others than those of any run. */
const SEED = -1
const MOST_VIRTUAL_MS = 3_600_000

/**
 * What the earlier job has left is there when the job is submitted.
 *
 * @throws what the earlier job ended with, where it did not succeed
 */
export async function afterEarlier(workload: PreparedWorkload): Promise<PreparedWorkload> {
  const { earlier } = workload.workload
  if (earlier === undefined) return workload
  const left = await leftBy(await prepareWorkload(earlier))
  const objects = new Map(workload.objects)
  for (const [uri, space] of left) {
    const more = space.keys.map((key): [string, SpaceObject] => [key, space.get(key)!])
    objects.set(uri, new Map([...(objects.get(uri) ?? []), ...more]))
  }
  return { ...workload, objects, earlierNonces: noncesOf(left.get(ENGINE_URI)!) }
}

async function leftBy(workload: PreparedWorkload): Promise<ReadonlyMap<string, Objects>> {
  const world = new World({ seed: SEED, objects: workload.objects, rates: {} })
  const fleet = new Fleet(world, { functions: workload.functions })
  const engine = engineOf(world, fleet, world.start('driver'), workload)
  let over = false
  const running = startJob(EARLIER_JOB, workload.prepared, engine, {
    name: 'earlier',
    ...runOptionsOf(workload),
  })
    .then(job => job.discard())
    .finally(() => {
      over = true
    })
  await world.time.run(() => over, MOST_VIRTUAL_MS)
  await running
  return world.spaces
}

function noncesOf(engine: Objects): ReadonlySet<string> {
  const commits = engine.keys.filter(key => key.includes('/commits/'))
  return new Set(commits.map(key => decodeCommit(engine.get(key)!.bytes, key).success.nonce))
}

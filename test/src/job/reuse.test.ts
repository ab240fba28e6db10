import { expect, it } from 'vitest'
import { type PhysicalPlan, plan, scanNode } from '../../../planner/index.ts'
import { findReusable, recordReusable, reuseDigests } from '../../../src/job/reuse.ts'
import { manifestKey } from '../../../src/shuffle/keys.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'

const dollars = { perGbSecond: 0, perTask: 0, perGet: 0, perPut: 0 }
const engine = { name: 'test', slots: 1, bytesPerSecond: 1e6, dollars }

/** Two stages, of which the first may be used again. */
function sorted(): PhysicalPlan {
  const input = scanNode({ kind: 'range', start: 0, end: 5, step: 1 })
  const facts = { listings: new Map(), functions: new Map(), codeHash: '', engine }
  return plan({ outputs: [{ kind: 'result', input: { kind: 'repartition', input, partitions: 2 } }] }, facts)
    .plan
}

it('what one version of dunlin has computed is used again by that version only', async () => {
  const store = new MemoryStore({ name: 'reuse' })
  const asked = sorted()
  const [first] = asked.stages
  const digests = (engineVersion: string) => reuseDigests(asked, { seed: 0, engineVersion })
  const exchange = { generation: 0, tasks: 1, rows: 5, schema: null }
  await store.put(manifestKey('j', first!.id, 0), Buffer.from(''))
  await recordReusable(store, digests('0.1.0').get(first!.id)!, { job: 'j', stage: first!.id }, exchange)
  const reused = async (engineVersion: string) =>
    (await findReusable(store, asked, digests(engineVersion), 0)).map(({ type }) => type)
  expect(await reused('0.1.0')).toEqual(['stageReused'])
  expect(await reused('0.1.1')).toEqual([])
})

/** A manifest whose index is larger than the memory for it is made range after range of partitions. */
import { describe, expect, it } from 'vitest'
import type { Partitioning } from '../../../operators/index.ts'
import { buildManifest } from '../../../src/shuffle/build-manifest.ts'
import type { CommitRecord } from '../../../src/shuffle/commit-record.ts'
import { manifestKey } from '../../../src/shuffle/keys.ts'
import { manifestRowBytes } from '../../../src/shuffle/manifest.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'
import { batchOf } from '../../operators/batch/batch-of.ts'
import { FROM, manifestEvent, produce } from './exchange-of.ts'

const TASKS = 5
const PARTITIONS = 7
/** Memory for the index of two partitions: the last range has one. */
const RANGE_BYTES = 2 * manifestRowBytes(TASKS) + 1

interface Wide {
  readonly store: MemoryStore
  readonly commits: readonly CommitRecord[]
  readonly whole: Uint8Array
}

/** Five tasks of a few rows each: of many partitions they have none. */
async function wide(): Promise<Wide> {
  const store = new MemoryStore({ name: 'wide' })
  const partitioning: Partitioning = { kind: 'hash', keys: 'all', partitions: PARTITIONS }
  const tasks = Array.from({ length: TASKS }, (_, task) =>
    task === 2 ? [] : [batchOf(Array.from({ length: task + 3 }, (_, i) => ({ id: task * 100 + i })))],
  )
  const commits = await produce({ store, partitioning, partitions: PARTITIONS }, tasks)
  return { store, commits, whole: await store.get(manifestKey('j', FROM, 0)) }
}

const inRanges = (store: ObjectStore, commits: readonly CommitRecord[], guard = (): void => undefined) =>
  buildManifest(store, manifestEvent({ partitions: PARTITIONS }, commits), guard, RANGE_BYTES)

/** The store, with the key of each read noted, and a bit turned in the first so many reads of what was put aside. */
function watched(store: MemoryStore, turns = 0) {
  const reads: string[] = []
  let left = turns
  const seen = replaced(store, {
    async get(key, ...rest) {
      reads.push(key)
      const bytes = (await store.get(key, ...rest)).slice()
      if (key.includes('/runs/') && left-- > 0) bytes[0]! ^= 1
      return bytes
    },
  })
  return { seen, reads }
}

async function keysOf(store: ObjectStore, part: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) if (key.includes(part)) keys.push(key)
  return keys
}

describe('a manifest that is made in several ranges', () => {
  it('is the same byte for byte, and no commit is read twice for it', async () => {
    const { store, commits, whole } = await wide()
    const { seen, reads } = watched(store)
    const built = await inRanges(seen, commits)
    expect(await store.get(manifestKey('j', FROM, 0))).toEqual(whole)
    expect(reads.filter(key => key.includes('/commits/')).length).toBe(TASKS)
    expect(built).toMatchObject({ gets: reads.length, puts: 2, bytes: whole.length })
    const slices = commits.flatMap(commit => commit.slices)
    expect(built.partitionBytes.reduce((a, b) => a + b)).toBe(
      slices.reduce((sum, { entry }) => sum + entry.byteLength, 0),
    )
  })

  it('leaves nothing of what it puts aside', async () => {
    const { store, commits } = await wide()
    await inRanges(store, commits)
    expect(await keysOf(store, '/runs/')).toEqual([])
    const stop = (): void => {
      throw new Error('stopped')
    }
    await expect(inRanges(store, commits, stop)).rejects.toThrow('stopped')
    expect(await keysOf(store, '/runs/')).toEqual([])
  })

  it('does not come from other bytes than were put aside: those are asked for once more', async () => {
    const { store, commits, whole } = await wide()
    await inRanges(watched(store, 1).seen, commits)
    expect(await store.get(manifestKey('j', FROM, 0))).toEqual(whole)
    const error = await inRanges(watched(store, 100).seen, commits).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'CORRUPT', retryable: true, lost: undefined })
  })
})

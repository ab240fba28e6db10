/** Checks of the exchange: objects that are intact and not what they should be, which no disk makes of itself. */
import type { Batch, Partitioning } from '../../../operators/index.ts'
import type { StageId } from '../../../planner/index.ts'
import { buildManifest } from '../../../src/shuffle/build-manifest.ts'
import { type CommitRecord, encodeCommit } from '../../../src/shuffle/commit-record.ts'
import { readCommit } from '../../../src/shuffle/commit-task.ts'
import { commitKey, manifestKey } from '../../../src/shuffle/keys.ts'
import {
  decodeManifestHeader,
  INDEXED_BYTES,
  manifestLayout,
  PRODUCER_BYTES,
} from '../../../src/shuffle/manifest.ts'
import { openExchange } from '../../../src/shuffle/read-exchange.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import type { ManifestTaskEvent } from '../../../src/task/task-event.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'
import { batchOf } from '../../operators/batch/batch-of.ts'
import { consume, FROM, produce, taskEvent } from '../../src/shuffle/exchange-of.ts'
import { type Check, refused } from './check.ts'

const PARTITIONS = 2
const ROWS = 40
const partitioning: Partitioning = { kind: 'hash', keys: 'all', partitions: PARTITIONS }
/** Slices of more than 16 bytes are streamed. */
const TINY_MEMORY = 256

const rows = (from: number): Batch => batchOf(Array.from({ length: ROWS }, (_, i) => ({ id: from + i })))

interface Made {
  readonly store: MemoryStore
  readonly commits: readonly CommitRecord[]
}

async function made(tasks: readonly (readonly Batch[])[] = [[rows(0), rows(100)]]): Promise<Made> {
  const store = new MemoryStore({ name: 'check' })
  return { store, commits: await produce({ store, partitioning, partitions: PARTITIONS }, tasks) }
}

/** The manifest made anew from one commit, which is `changed` before. */
async function remade(
  { store, commits }: Made,
  changed: Partial<CommitRecord>,
  told?: number,
): Promise<void> {
  const commit = { ...commits[0]!, ...changed }
  await store.put(commitKey('j', FROM, 0, 0), encodeCommit(commit))
  const held = commit.slices.reduce((sum, { entry }) => sum + entry.rows, 0)
  const { kind: _, task: __, splits: ___, exchanges: ____, ...event } = taskEvent(0)
  const manifest: ManifestTaskEvent = {
    ...event,
    kind: 'manifest',
    tasks: 1,
    generations: { base: 0, others: {} },
    partitions: PARTITIONS,
    rows: told ?? held,
    schema: commit.success.schema,
  }
  await buildManifest(store, manifest, () => undefined)
}

const consumed = async (store: ObjectStore, memoryBytes?: number): Promise<void> => {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await consume({ store, partitioning }, partition, memoryBytes)
  }
}

/** The store, with a bit turned in the bodies that it streams, from the n-th on. */
function turning(store: MemoryStore, from: number): ObjectStore {
  let streams = 0
  return replaced(store, {
    async *stream(...given) {
      const turns = ++streams >= from
      for await (const piece of store.stream(...given)) {
        // The last bytes are of values: decoding them finds nothing wrong.
        if (turns) piece[piece.length - 1]! ^= 1
        yield piece
      }
    },
  })
}

export const EXCHANGE_CHECKS = {
  'a commit of another plan is refused': async () => {
    const { store } = await made()
    return refused(readCommit(store, { ...taskEvent(0), fingerprint: 'e'.repeat(64) }, 0), 'FINGERPRINT')
  },
  'a streamed slice is checked before it is decoded': async () => {
    const { store } = await made()
    const { signal } = new AbortController()
    const counters = { bytesIn: 0, gets: 0, exchangeRowsIn: 0, exchangeBytesIn: 0 }
    const source = { job: 'j', stage: FROM, generation: 0 }
    const { batches } = await openExchange({
      ...{ store: turning(store, 1), source, partitioning, partition: 0 },
      ...{ memoryBytes: TINY_MEMORY, signal, counters },
    })
    let given = 0
    const reading = async (): Promise<void> => {
      for await (const batch of batches) given += batch.length
    }
    const why = await refused(reading(), 'CORRUPT')
    return given > 0 ? `${given} rows of a damaged slice were given` : why
  },
  'a streamed slice that changes while it is read is refused': async () => {
    const { store } = await made()
    return refused(consume({ store: turning(store, 2), partitioning }, 0, TINY_MEMORY), 'CORRUPT')
  },
  'slices that stand for the partitions of each other are refused': async () => {
    const one = await made()
    const [a, b] = one.commits[0]!.slices
    await remade(one, {
      slices: [
        { ...a!, entry: b!.entry },
        { ...b!, entry: a!.entry },
      ],
    })
    return refused(consumed(one.store), 'CORRUPT')
  },
  'an entry of a manifest that stands for another is refused': async () => {
    // The second task has no rows.
    const { store } = await made([[rows(0)], []])
    const key = manifestKey('j', FROM, 0)
    const bytes = await store.get(key)
    const { headerEnd, header } = decodeManifestHeader(bytes, key)
    const { entryAt } = manifestLayout(headerEnd, header!)
    bytes.copyWithin(entryAt(0, 0), entryAt(0, 1), entryAt(0, 1) + INDEXED_BYTES)
    await store.put(key, bytes)
    return refused(consumed(store), 'CORRUPT')
  },
  'a producer of a manifest with a bit turned is refused': async () => {
    const { store } = await made([[rows(0)]])
    const key = manifestKey('j', FROM, 0)
    const intact = await store.get(key)
    const { headerEnd, header } = decodeManifestHeader(intact, key)
    const start = manifestLayout(headerEnd, header!).producerAt(0)
    for (let at = start; at < start + PRODUCER_BYTES; at++) {
      const bytes = intact.slice()
      bytes[at]! ^= 1
      await store.put(key, bytes)
      const wrong = await refused(consumed(store), 'CORRUPT')
      if (wrong !== null) return `byte ${at - start}: ${wrong}`
    }
    return null
  },
  'a manifest of other rows than were told is refused': async () =>
    refused(remade(await made(), {}, 1), 'ROWS_NOT_CONSERVED'),
  'a commit whose slices hold other rows is refused': async () => {
    const one = await made()
    const { success } = one.commits[0]!
    return refused(
      remade(one, { success: { ...success, rowsOut: success.rowsOut + 1 } }),
      'ROWS_NOT_CONSERVED',
    )
  },
  'a commit with a partition twice is refused': async () => {
    const one = await made()
    const { success, slices } = one.commits[0]!
    const twice = [slices[0]!, slices[0]!]
    const rowsOut = 2 * slices[0]!.entry.rows
    return refused(remade(one, { slices: twice, success: { ...success, rowsOut } }), 'CORRUPT')
  },
  'a manifest of another stage is refused': async () => {
    // Of a stage without rows: there is no slice that could be found to be another's.
    const { store } = await made([[]])
    await store.put(manifestKey('j', 1 as StageId, 0), await store.get(manifestKey('j', FROM, 0)))
    const { signal } = new AbortController()
    const counters = { bytesIn: 0, gets: 0, exchangeRowsIn: 0, exchangeBytesIn: 0 }
    const source = { job: 'j', stage: 1 as StageId, generation: 0 }
    const options = { store, source, partitioning, partition: 0, memoryBytes: 1 << 30, signal, counters }
    return refused(openExchange(options), 'CORRUPT')
  },
} satisfies Readonly<Record<string, Check>>

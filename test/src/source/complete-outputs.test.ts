import { describe, expect, it } from 'vitest'
import { attemptKey } from '../../../src/sink/output-keys.ts'
import { PartSink } from '../../../src/sink/part-sink.ts'
import { publishOutput } from '../../../src/sink/publish.ts'
import type { ObjectStore, Stores } from '../../../src/store/object-store.ts'
import { createStores } from '../../../src/store/open-stores.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'
import { batchesOf } from '../../operators/formats/writing.ts'
import { list } from './scratch.ts'

const URI = 'memory://bucket/'

/** What tells the keys in front of the parts from the parts in a listing. */
const BEHIND_MARKS = '_dunlin0'

/** A job that appends two parts of one row each. */
async function append(store: ObjectStore, job: string): Promise<void> {
  const parts = []
  for (const task of [0, 1]) {
    const name = { job, epoch: 1, stage: 1, task, attempt: 1, nonce: `n${task}`, format: 'csv' } as const
    const sink = new PartSink({ store, key: attemptKey(name), format: 'csv', schema: null })
    for (const batch of batchesOf([task])) await sink.push(batch)
    parts.push(await sink.finish())
  }
  await publishOutput({
    store,
    job,
    epoch: 1,
    format: 'csv',
    parts,
    mode: 'append',
    schema: 'scalar float64',
  })
}

/** An append that stands still when it has moved its first part, for ever or until it is told to go on. */
function stopped(store: ObjectStore) {
  const half = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  let moves = 0
  const writer = replaced(store, {
    async move(from, to, options) {
      if (++moves === 2) {
        half.resolve()
        await goOn.promise
      }
      return store.move(from, to, options)
    },
  })
  return { writer, half: half.promise, goOn: goOn.resolve }
}

/** A store whose listings of all come in two pages: `between` is done when the first has been given. */
function paged(store: ObjectStore, between: (listing: number) => Promise<void>): Stores {
  let listings = 0
  const reader = replaced(store, {
    async *list(prefix, options) {
      const isWhole = prefix === ''
      for await (const info of store.list(prefix, options)) {
        if (!isWhole || info.key < BEHIND_MARKS) yield info
      }
      if (!isWhole) return
      await between(++listings)
      for await (const info of store.list(prefix, options)) if (info.key >= BEHIND_MARKS) yield info
    },
  })
  return { open: () => reader }
}

async function output(...jobs: readonly string[]): Promise<ObjectStore> {
  const store = createStores().open(URI)
  for (const job of jobs) await append(store, job)
  return store
}

const names = async (stores: Stores, uri: string): Promise<string[]> =>
  (await list({ stores, uri: URI }, [uri])).objects.map(object => object.key)

const partsOf = (generation: number, job: string): string[] =>
  [0, 1].map(part => `part-a0000${generation}-${job}-0000${part}.csv`)

describe.each([
  ['the directory', URI],
  ['a pattern', `${URI}part-*`],
])('an output that is read by %s', (_, uri) => {
  it('is read as it was when an append began after the listing had passed where its staging would be', async () => {
    const store = await output('j1')
    const { writer, half } = stopped(store)
    const stores = paged(store, async listing => {
      if (listing > 1) return
      void append(writer, 'j2')
      await half
    })
    expect(await names(stores, uri)).toEqual(partsOf(1, 'j1'))
  })

  it('is read with all of an append that ended while it was listed', async () => {
    const store = await output('j1')
    const { writer, half, goOn } = stopped(store)
    let appended: Promise<void>
    const reader = replaced(store, {
      async *list(prefix, options) {
        const isFirst = prefix === '' && appended === undefined
        if (isFirst) {
          appended = append(writer, 'j2')
          await half
        }
        yield* store.list(prefix, options)
        if (!isFirst) return
        goOn()
        await appended
      },
    })
    expect(await names({ open: () => reader }, uri)).toEqual([...partsOf(1, 'j1'), ...partsOf(2, 'j2')])
  })

  it('is read without the parts of an append that failed and could not take them back', async () => {
    const store = await output('j1')
    await store.put('part-a00002-j2-00000.csv', Buffer.from('value\n1\n'))
    await store.put('other.csv', Buffer.from('value\n1\n'))
    expect(await names({ open: () => store }, uri)).toEqual([
      ...(uri === URI ? ['other.csv'] : []),
      ...partsOf(1, 'j1'),
    ])
  })
})

describe('an output', () => {
  it('that changes all the time is not read, and the error says that it may be tried again', async () => {
    const store = await output('j0')
    const reader = replaced(store, {
      async *list(prefix, options) {
        yield* store.list(prefix, options)
        if (prefix === '') await append(store, `j${Math.random()}`)
      },
    })
    await expect(names({ open: () => reader }, URI)).rejects.toMatchObject({
      code: 'STORE',
      retryable: true,
      message: `the output in ${URI} changes while it is listed`,
    })
  })

  it('of which a pattern chooses some parts is read in these parts', async () => {
    const store = await output('j1', 'j2')
    expect(await names({ open: () => store }, `${URI}part-*1.csv`)).toEqual([
      'part-a00001-j1-00001.csv',
      'part-a00002-j2-00001.csv',
    ])
  })
})

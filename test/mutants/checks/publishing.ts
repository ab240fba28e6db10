/** Checks of publishing: directories that two jobs want, or that something else has changed. */
import { crc32 } from 'node:zlib'
import { DunlinError } from '../../../operators/index.ts'
import type { WriteMode } from '../../../planner/index.ts'
import { claimDirectory } from '../../../src/sink/claim-directory.ts'
import { attemptKey, partName, publishingKey, SUCCESS_KEY } from '../../../src/sink/output-keys.ts'
import { publishOutput } from '../../../src/sink/publish.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import type { CommittedPart } from '../../../src/task/task-event.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'
import { type Check, meanwhile, refused } from './check.ts'

const [JOB, OTHER] = ['20260101-000000-job000', '20260101-000000-job001']
const TEXTS = ['a line\n', 'another line\n']

const nameOf = (index: number): string => partName({ index, parts: TEXTS.length, format: 'text' })

interface Staged {
  readonly store: MemoryStore
  readonly parts: readonly CommittedPart[]
}

async function staged(job = JOB, store = new MemoryStore({ name: 'out' })): Promise<Staged> {
  const parts: CommittedPart[] = []
  for (const [task, text] of TEXTS.entries()) {
    const bytes = Buffer.from(text)
    const key = attemptKey({ job, epoch: 1, stage: 1, task, attempt: 1, nonce: `n${task}`, format: 'text' })
    await store.put(key, bytes)
    parts.push({ key, rows: 1, bytes: bytes.length, crc32: crc32(bytes) })
  }
  return { store, parts }
}

interface HowPublished {
  readonly store?: ObjectStore
  readonly mode?: WriteMode
  readonly isOurs?: () => boolean
}

const published = ({ store, parts }: Staged, how: HowPublished = {}): Promise<unknown> =>
  publishOutput({
    epoch: 1,
    store: how.store ?? store,
    job: JOB,
    format: 'text',
    mode: how.mode ?? 'fail',
    parts,
    isOurs: async () => how.isOurs?.() ?? true,
  })

/** The store, in which `_SUCCESS` cannot be written. */
const unmarkable = (store: ObjectStore, error: DunlinError): ObjectStore =>
  replaced(store, {
    async put(key, ...given) {
      if (key === SUCCESS_KEY) throw error
      return store.put(key, ...given)
    },
  })

const FULL = new DunlinError('NO_SPACE', 'the disk is full')
const AGAIN = new DunlinError('STORE', 'the connection was reset', { retryable: true })

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  return keys
}

const isDone = (action: Promise<unknown>): Promise<boolean> =>
  action.then(
    () => true,
    () => false,
  )

export const PUBLISHING_CHECKS = {
  'a lost part is not published': async () => {
    const one = await staged()
    await one.store.delete([one.parts[1]!.key])
    return refused(published(one), 'CORRUPT')
  },
  'a part that was cut short is not published': async () => {
    const one = await staged()
    await one.store.put(one.parts[1]!.key, Buffer.from('an'))
    return refused(published(one), 'CORRUPT')
  },
  'another file of the same size is not published': async () => {
    const one = await staged()
    await one.store.delete([one.parts[1]!.key])
    await one.store.put(nameOf(1), Buffer.from(TEXTS[1]!.toUpperCase()))
    return refused(published(one), 'CORRUPT')
  },
  'a publication that was interrupted goes on': async () => {
    const one = await staged()
    const interrupted = await refused(published(one, { store: unmarkable(one.store, AGAIN) }), 'STORE')
    await published(one)
    return interrupted
  },
  'a driver that has lost its job takes nothing back': async () => {
    const one = await staged()
    let isOurs = true
    // Lost at the last moment: it has asked before it marks, and asks again before it takes back.
    const store = replaced(one.store, {
      async put(key, ...given) {
        if (key !== SUCCESS_KEY) return one.store.put(key, ...given)
        isOurs = false
        throw FULL
      },
    })
    const wrong = await refused(published(one, { store, isOurs: () => isOurs }), 'NO_SPACE')
    return (await keysOf(one.store)).includes(nameOf(0)) ? wrong : 'it took back the parts of another driver'
  },
  'a publication that failed leaves nothing': async () => {
    const one = await staged()
    const wrong = await refused(published(one, { store: unmarkable(one.store, FULL) }), 'NO_SPACE')
    const left = (await keysOf(one.store)).filter(key => key.startsWith('part-'))
    return left.length === 0 ? wrong : `${left.join(', ')} is left`
  },
  'a publication that failed leaves what others have': async () => {
    const one = await staged()
    await one.store.put(nameOf(1), Buffer.from('of somebody else'))
    const store = replaced(one.store, {
      async move(from, to, ...given) {
        if (to === nameOf(1)) throw FULL
        return one.store.move(from, to, ...given)
      },
    })
    const wrong = await refused(published(one, { store }), 'NO_SPACE')
    return (await keysOf(one.store)).includes(nameOf(1)) ? wrong : 'the file of somebody else is gone'
  },
  'of two jobs one publishes at most': async () => {
    for (let n = 1; n <= 4; n++) {
      const store = new MemoryStore({ name: 'out' })
      const other = { store, job: OTHER, mode: 'overwrite', epoch: 1 } as const
      let isOther = false
      const between = meanwhile(store, n, async () => {
        isOther = await isDone(claimDirectory(other))
      })
      const isOne = await isDone(claimDirectory({ ...other, store: between, job: JOB }))
      if (isOne && isOther) return `both jobs publish, where the second comes at request ${n} of the first`
    }
    return null
  },
  'a job that publishes does not give way': async () => {
    const store = new MemoryStore({ name: 'out' })
    const one = { store, job: JOB, mode: 'overwrite', epoch: 1 } as const
    await claimDirectory(one)
    await store.put(publishingKey(OTHER, 1), Buffer.from('{}'))
    return (await isDone(claimDirectory(one))) ? null : 'it gives way to one that has come since'
  },
  'a job that gives way leaves nothing': async () => {
    const store = new MemoryStore({ name: 'out' })
    await claimDirectory({ store, job: JOB, mode: 'overwrite', epoch: 1 })
    const wrong = await refused(claimDirectory({ store, job: OTHER, mode: 'overwrite', epoch: 1 }), 'STORE')
    return (await keysOf(store)).includes(publishingKey(OTHER, 1)) ? 'its marker is left' : wrong
  },
  'what has come into the directory stays': async () => {
    const one = await staged()
    await one.store.put('notes.txt', Buffer.from('of somebody else'))
    return refused(published(one), 'OUTPUT_NOT_EMPTY')
  },
  'a reader of a directory that is overwritten sees nothing or all': async () => {
    const one = await staged()
    await one.store.put(SUCCESS_KEY, Buffer.from('{}'))
    await one.store.put(nameOf(0), Buffer.from('old'))
    let seen = 0
    const store = replaced(one.store, {
      async move(...given) {
        if ((await one.store.head(SUCCESS_KEY)) !== undefined) seen++
        return one.store.move(...given)
      },
    })
    await published(one, { store, mode: 'overwrite' })
    return seen === 0 ? null : 'the old _SUCCESS is there while parts are replaced'
  },
} satisfies Readonly<Record<string, Check>>

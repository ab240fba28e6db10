import { DunlinError, type Engine, range } from 'dunlin'
import { testEngine } from 'dunlin/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { recordsOf } from '../../../operators/index.ts'
import { keptRows } from '../../../src/engine/kept-rows.ts'
import { readRows } from '../../../src/engine/read-rows.ts'
import { resumeJob } from '../../../src/engine/resume.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'

const open: Engine[] = []
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close()
})

/** An engine whose driver, not its workers, reaches the store in another way. */
function engineOver(
  others: (store: ObjectStore) => Partial<ObjectStore>,
): Engine & { readonly real: Engine } {
  const real = testEngine()
  open.push(real)
  return { ...real, store: replaced(real.store, others(real.store)), real }
}

/** What the first GET of rows meets. */
function firstGet(answer: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>) {
  let met = false
  return (store: ObjectStore): Partial<ObjectStore> => ({
    async get(key, part, options) {
      const bytes = await store.get(key, part, options)
      if (met || !key.includes('/data/')) return bytes
      met = true
      return answer(bytes)
    },
  })
}

const doubled = range(10, { splitRows: 5 }).map(n => n * 2)
const EXPECTED = Array.from({ length: 10 }, (_, n) => n * 2)

async function keysOf(store: ObjectStore, part: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('jobs/')) if (key.includes(part)) keys.push(key)
  return keys
}

async function* streamed(engine: Engine): AsyncGenerator<number> {
  yield* doubled.rows({ engine })
}

describe('rows that are collected', () => {
  it('are asked for again when a request fails for the moment', async () => {
    const engine = engineOver(
      firstGet(() => {
        throw new DunlinError('STORE', '503 SlowDown', { retryable: true })
      }),
    )
    expect(await doubled.collect({ engine })).toEqual(EXPECTED)
  })

  it('are asked for again when other bytes came than were written', async () => {
    const engine = engineOver(firstGet(bytes => bytes.with(100, bytes[100]! ^ 1)))
    expect(await doubled.collect({ engine })).toEqual(EXPECTED)
  })

  it.each([
    ['collect', (engine: Engine) => doubled.collect({ engine })],
    ['rows', (engine: Engine) => Array.fromAsync(streamed(engine))],
    ['toArrow', (engine: Engine) => doubled.toArrow({ engine })],
  ])('stay where they are when %s cannot read them, and can be had later', async (_, action) => {
    const engine = engineOver(
      firstGet(() => {
        throw new DunlinError('ACCESS_DENIED', 'the token has expired')
      }),
    )
    const error = await action(engine).catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('the token has expired'),
      hint: expect.stringContaining('dunlin jobs resume'),
    })
    const job = (error as DunlinError).place.job!
    const kept = await keptRows(job, { engine: engine.real })
    const records: unknown[] = []
    for await (const batch of readRows(kept!)) records.push(...recordsOf(batch))
    expect(records).toEqual(EXPECTED)
  })

  it('go when they are read, or when no more are wanted', async () => {
    const engine = engineOver(() => ({}))
    for await (const _ of doubled.rows({ engine })) break
    await doubled.collect({ engine })
    await expect(doubled.collect({ engine, maxBytes: 1 })).rejects.toMatchObject({ code: 'TOO_LARGE' })
    expect(await keysOf(engine.store, '/data/')).toEqual([])
    const [plan] = await keysOf(engine.store, '/plan.json')
    const job = plan!.split('/')[1]!
    expect(await keptRows(job, { engine })).toBeUndefined()
    await expect(resumeJob(job, { engine })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('of a partial wave are those of the tasks that count', async () => {
    const engine = engineOver(
      firstGet(() => {
        throw new DunlinError('ACCESS_DENIED', 'the token has expired')
      }),
    )
    const error = await doubled.take(7, { engine }).catch((error: unknown) => error)
    const kept = await keptRows((error as DunlinError).place.job!, { engine: engine.real })
    let rows = 0
    for await (const batch of readRows(kept!)) rows += batch.length
    expect(rows).toBeGreaterThanOrEqual(7)
  })
})

describe('data of a job that cannot be removed', () => {
  it('is warned of; the job has succeeded', async () => {
    const engine = engineOver(() => ({
      async delete() {
        throw new DunlinError('ACCESS_DENIED', 'nothing may be deleted here')
      },
    }))
    const warned = Promise.withResolvers<Error>()
    process.once('warning', warned.resolve)
    expect(await doubled.collect({ engine })).toEqual(EXPECTED)
    expect((await warned.promise).message).toMatch(
      /^data of job \S+ is still there: .*may be deleted.*`dunlin jobs clean \S+` removes it$/,
    )
    const report = await doubled.write.jsonl('memory://undeletable/').run({ engine })
    expect(report.state).toBe('succeeded')
  })
})

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DunlinError } from '../../../operators/index.ts'
import type { WriteMode } from '../../../planner/index.ts'
import { systemPlace } from '../../../src/ports/system-place.ts'
import { checkOutput } from '../../../src/sink/check-output.ts'
import { attemptKey, partName } from '../../../src/sink/output-keys.ts'
import { PartSink } from '../../../src/sink/part-sink.ts'
import {
  discardAttempts,
  discardUnlisted,
  type OutputToPublish,
  publishOutput,
} from '../../../src/sink/publish.ts'
import { readManifest } from '../../../src/sink/success-manifest.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import type { CommittedPart } from '../../../src/task/task-event.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'
import { batchesOf } from '../../operators/formats/writing.ts'
import { list, scratch } from '../source/scratch.ts'

async function failure(action: Promise<unknown>): Promise<DunlinError> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof DunlinError)) throw new Error(`not a DunlinError: ${String(error)}`)
  return error
}

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  return keys
}

/** Writes a part for each array of records, as the tasks of a job do. */
async function writeParts(
  store: ObjectStore,
  job: string,
  parts: readonly unknown[][],
  epoch = 1,
): Promise<CommittedPart[]> {
  const committed: CommittedPart[] = []
  for (const [task, records] of parts.entries()) {
    const name = { job, epoch, stage: 1, task, attempt: 1, nonce: `n${task}`, format: 'csv' } as const
    const sink = new PartSink({ store, key: attemptKey(name), format: 'csv', schema: null })
    for (const batch of batchesOf(records)) await sink.push(batch)
    committed.push(await sink.finish())
  }
  return committed
}

async function publish(
  store: ObjectStore,
  job: string,
  parts: readonly CommittedPart[],
  mode: WriteMode = 'fail',
  more: Partial<OutputToPublish> = {},
) {
  return publishOutput({
    ...more,
    store,
    job,
    epoch: more.epoch ?? 1,
    format: 'csv',
    parts,
    mode,
    schema: 'scalar float64',
  })
}

/** A store that is called through a function, which may do more, or less. */
function through(
  store: ObjectStore,
  change: <T>(act: () => Promise<T>) => Promise<T>,
  look: <T>(act: () => Promise<T>) => Promise<T> = act => act(),
): ObjectStore {
  return replaced(store, {
    get: (...args) => look(() => store.get(...args)),
    head: (...args) => look(() => store.head(...args)),
    async *list(...args) {
      await look(async () => {})
      yield* store.list(...args)
    },
    put: (...args) => change(() => store.put(...args)),
    delete: (...args) => change(() => store.delete(...args)),
    move: (...args) => change(() => store.move(...args)),
  })
}

/** A store whose user is killed at its n-th change, before it or after it: nothing changes from then on. */
function killedAt(store: ObjectStore, n: number, when: 'before' | 'after'): ObjectStore {
  let changes = 0
  return through(store, async change => {
    const at = ++changes
    if (n > 0 && (at > n || (at === n && when === 'before'))) throw new Error('killed')
    const result = await change()
    if (at === n) throw new Error('killed')
    return result
  })
}

/** A store whose n-th change fails, or is done and reported as failed; all others succeed. */
function failingAt(store: ObjectStore, n: number, when: 'before' | 'after'): ObjectStore {
  let changes = 0
  return through(store, async change => {
    const fails = ++changes === n
    if (fails && when === 'before') throw new Error('failed')
    const result = await change()
    if (fails) throw new Error('failed')
    return result
  })
}

/** A store at whose n-th call, of any kind, something else happens first. */
function meanwhile(store: ObjectStore, n: number, act: () => Promise<void>): ObjectStore {
  let calls = 0
  const call = async <T>(asked: () => Promise<T>): Promise<T> => {
    if (++calls === n) await act()
    return asked()
  }
  return through(store, call, call)
}

/** The manifest, of which it is sure that it lists the directory's data as it is, and that nothing else is there. */
async function wholeOutput(store: ObjectStore) {
  const manifest = await readManifest(store, '')
  if (manifest === null) throw new Error(`no _SUCCESS, but ${(await keysOf(store)).join(', ')}`)
  expect(await keysOf(store)).toEqual(['_SUCCESS', ...manifest.parts.map(part => part.name)].sort())
  for (const part of manifest.parts) expect(crc32(await store.get(part.name))).toBe(part.crc32)
  return manifest
}

describe('part sink', () => {
  test('a part has the rows, bytes and checksum of its file, and no name of its own yet', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    const [part] = await writeParts(store, 'j1', [[1, 2, 3]])
    expect(part!.key).toBe('_dunlin/j1/1-1-0-1-n0.csv')
    const file = readFileSync(join(dir.path, part!.key))
    expect(file.toString()).toBe('value\n1\n2\n3\n')
    expect(part).toMatchObject({ rows: 3, bytes: file.length, crc32: crc32(file) })
  })

  test('large and many pieces are written in order', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    const records = Array.from({ length: 300_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 40)}`)
    const sink = new PartSink({ store, key: 'a.txt', format: 'text', schema: null })
    for (const batch of batchesOf(records, 999)) await sink.push(batch)
    const part = await sink.finish()
    const file = readFileSync(join(dir.path, 'a.txt'))
    expect(file.equals(Buffer.from(records.map(line => `${line}\n`).join('')))).toBe(true)
    expect(part.crc32).toBe(crc32(file))
  })

  test('an aborted part leaves nothing, nor does one that cannot be written', async () => {
    const dir = scratch()
    const store = dir.stores.open(`${dir.uri}out/`)
    const options = { store, key: '_dunlin/j1/x.csv', format: 'csv', schema: null } as const
    const sink = new PartSink(options)
    await sink.push(
      batchesOf(
        Array.from({ length: 200_000 }, (_, i) => i),
        200_000,
      )[0]!,
    )
    await sink.abort()
    const refused = new PartSink(options)
    expect((await failure(refused.push(batchesOf([{ tags: ['x'] }])[0]!))).code).toBe('TYPE_MISMATCH')
    await refused.abort()
    await new PartSink(options).abort()
    expect(readdirSync(join(dir.path, 'out'))).toEqual([])
  })

  test('a full disk is an error that names the directory', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    const full = new DunlinError('NO_SPACE', `cannot write ${dir.uri}x: no space left in ${dir.path}`)
    const failing: ObjectStore = {
      ...through(store, change => change()),
      writer: async () => ({
        write: () => Promise.reject(full),
        close: () => Promise.reject(full),
        abort: async () => {},
      }),
    }
    const sink = new PartSink({ store: failing, key: 'x', format: 'csv', schema: null })
    expect(await failure(sink.finish())).toBe(full)
    await sink.abort()
  })
})

describe('publishing', () => {
  test('parts get their names, _SUCCESS lists them, and the staging is gone', async () => {
    const dir = scratch()
    const store = dir.stores.open(`${dir.uri}out/`)
    const parts = await writeParts(store, 'j1', [[1, 2], [], [3]])
    // An attempt that lost.
    dir.file('out/_dunlin/j1/1-0-2-n9.csv', 'value\n99\n')
    const counts = [{ stage: 0, title: 'Scan', rowsIn: 3, rowsOut: 3 }]
    const manifest = await publishOutput({
      store,
      job: 'j1',
      epoch: 1,
      format: 'csv',
      parts,
      mode: 'fail',
      schema: 'scalar float64',
      counts,
    })
    expect(await keysOf(store)).toEqual(['_SUCCESS', 'part-00000.csv', 'part-00001.csv', 'part-00002.csv'])
    expect(readFileSync(join(dir.path, 'out/part-00002.csv'), 'utf8')).toBe('value\n3\n')
    expect(JSON.parse(readFileSync(join(dir.path, 'out/_SUCCESS'), 'utf8'))).toEqual(manifest)
    expect(manifest).toEqual({
      version: 1,
      writer: 'dunlin',
      job: 'j1',
      format: 'csv',
      rows: 3,
      bytes: 18,
      schema: 'scalar float64',
      counts,
      parts: parts.map(({ rows, bytes, crc32 }, i) => ({ name: `part-0000${i}.csv`, rows, bytes, crc32 })),
    })
  })

  test('names sort in the order of the data however many there are', () => {
    const name = (index: number, parts: number) => partName({ index, parts, format: 'text' })
    expect(name(7, 8)).toBe('part-00007.txt')
    expect(name(99_999, 100_000)).toBe('part-99999.txt')
    expect(name(7, 100_001)).toBe('part-000007.txt')
    expect(name(100_000, 100_001)).toBe('part-100000.txt')
  })

  test.each(['fail', 'overwrite', 'append'] as const)(
    'killed before or after any change and done again, mode %s ends at the same files',
    async mode => {
      const run = async (n: number, when: 'before' | 'after') => {
        const dir = scratch()
        const store = dir.stores.open(dir.uri)
        if (mode !== 'fail') {
          await publish(store, 'j0', await writeParts(store, 'j0', [[8], [9], [10], [11]]))
          dir.file('foreign.csv', 'value\n1\n')
          dir.file('.keep', '')
        }
        const parts = await writeParts(store, 'j1', [[1], [2], [3]])
        const killed = await publish(killedAt(store, n, when), 'j1', parts, mode).then(
          () => false,
          () => true,
        )
        await publish(store, 'j1', parts, mode)
        await publish(store, 'j1', parts, mode)
        const keys = await keysOf(store)
        return { killed, files: keys.map(key => [key, readFileSync(join(dir.path, key), 'utf8')]) }
      }
      const expected = (await run(0, 'before')).files
      const names = expected.map(([name]) => name)
      expect(names).toEqual(
        {
          fail: ['_SUCCESS', 'part-00000.csv', 'part-00001.csv', 'part-00002.csv'],
          overwrite: ['.keep', '_SUCCESS', 'part-00000.csv', 'part-00001.csv', 'part-00002.csv'],
          append: [
            '.keep',
            '_SUCCESS',
            'foreign.csv',
            'part-00000.csv',
            'part-00001.csv',
            'part-00002.csv',
            'part-00003.csv',
            'part-a00001-j1-00000.csv',
            'part-a00001-j1-00001.csv',
            'part-a00001-j1-00002.csv',
          ],
        }[mode],
      )
      let points = 0
      for (let n = 1; ; n++) {
        const before = await run(n, 'before')
        if (!before.killed) break
        points++
        expect(before.files).toEqual(expected)
        expect((await run(n, 'after')).files).toEqual(expected)
      }
      // The marker twice, three moves, _SUCCESS, the removal; two more removals when overwriting.
      expect(points).toBe(mode === 'overwrite' ? 9 : 7)
    },
  )

  test('two drivers at once end at the same files', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    const parts = await writeParts(
      store,
      'j1',
      Array.from({ length: 40 }, (_, i) => [i]),
    )
    const results = await Promise.allSettled([publish(store, 'j1', parts), publish(store, 'j1', parts)])
    expect(results.map(result => result.status)).toEqual(['fulfilled', 'fulfilled'])
    expect((await keysOf(store)).length).toBe(41)
    expect(await readManifest(store, '')).toMatchObject({ rows: 40 })
  })

  test('append lists what was there before, also files that are not dunlin’s', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    await publish(store, 'j0', await writeParts(store, 'j0', [[1, 2]]))
    await publish(store, 'j1', await writeParts(store, 'j1', [[3]]), 'append')
    expect(await readManifest(store, '')).toMatchObject({ job: 'j1', rows: 3 })
    dir.file('foreign.csv', 'value\n4\n')
    const manifest = await publish(store, 'j2', await writeParts(store, 'j2', [[5]]), 'append')
    expect(manifest.rows).toBe(null)
    expect(manifest.parts.map(({ name, rows }) => [name, rows])).toEqual([
      ['foreign.csv', null],
      ['part-00000.csv', 2],
      ['part-a00001-j1-00000.csv', 1],
      ['part-a00002-j2-00000.csv', 1],
    ])
    expect((await list(dir, ['.'])).objects.map(object => object.key)).toEqual(
      manifest.parts.map(part => part.name),
    )
  })

  test('a part that is lost or changed is an error, and nothing is called a success', async () => {
    for (const spoil of ['lost', 'changed', 'overwritten'] as const) {
      const dir = scratch()
      const store = dir.stores.open(dir.uri)
      const parts = await writeParts(store, 'j1', [[1], [2]])
      await store.delete([parts[1]!.key])
      if (spoil === 'changed') dir.file('part-00001.csv', 'value\n3\n')
      if (spoil === 'overwritten') dir.file(parts[1]!.key, 'value\n')
      const error = await failure(publish(store, 'j1', parts, 'overwrite'))
      expect(error.code).toBe('CORRUPT')
      expect(error.message).toContain(
        `neither ${parts[1]!.key} nor part-00001.csv in ${dir.uri} is what was committed`,
      )
      expect(await readManifest(store, '')).toBe(null)
    }
  })

  test('discarding removes what a failed job left, of that job alone', async () => {
    const dir = scratch()
    const store = dir.stores.open(`${dir.uri}out/`)
    await writeParts(store, 'j1', [[1], [2]])
    await writeParts(store, 'j10', [[1]])
    await discardAttempts({ store, job: 'j1' })
    expect(await keysOf(store)).toEqual(['_dunlin/j10/1-1-0-1-n0.csv'])
    await discardAttempts({ store, job: 'j10' })
    expect(readdirSync(join(dir.path, 'out'))).toEqual([])
    await discardAttempts({ store, job: 'j10' })
  })
})

describe('several jobs that publish into one directory', () => {
  test.each(['append', 'overwrite', 'fail'] as const)(
    'mode %s: another one at any moment of the first, and what each says is true',
    async mode => {
      const outcomes = new Set<string>()
      for (let n = 1; ; n++) {
        const dir = scratch()
        const store = dir.stores.open(dir.uri)
        if (mode !== 'fail') await publish(store, 'j0', await writeParts(store, 'j0', [[1], [1]]))
        const first = await writeParts(store, 'j1', [[2], [2]])
        const second = await writeParts(store, 'j2', [[3], [3], [3]])
        let other: PromiseSettledResult<unknown> | undefined
        const [one] = await Promise.allSettled([
          publish(
            meanwhile(store, n, async () => {
              ;[other] = await Promise.allSettled([publish(store, 'j2', second, mode)])
              if (other!.status === 'rejected') await discardAttempts({ store, job: 'j2' })
            }),
            'j1',
            first,
            mode,
          ),
        ])
        if (one.status === 'rejected') await discardAttempts({ store, job: 'j1' })
        if (other === undefined) break
        const won = [one.status === 'fulfilled', other.status === 'fulfilled']
        outcomes.add(won.join())
        for (const result of [one, other]) {
          if (result.status === 'fulfilled' || mode === 'fail') continue
          expect(result.reason).toMatchObject({ code: 'STORE', retryable: true })
        }
        if (mode === 'fail') {
          // Each has seen the other's staging.
          if (won[0] || won[1]) await wholeOutput(store)
          else expect(await keysOf(store)).toEqual([])
          expect(won[0] && won[1]).toBe(false)
          continue
        }
        const { job, rows } = await wholeOutput(store)
        if (mode === 'append') expect(rows).toBe(2 + (won[0] ? 2 : 0) + (won[1] ? 3 : 0))
        // Where both could, the second was done before the first had put its marker, or after it had ended.
        else if (won[0] !== won[1]) expect([job, rows]).toEqual(won[0] ? ['j1', 2] : ['j2', 3])
        else
          expect([
            ['j1', 2],
            ['j2', 3],
          ]).toContainEqual([job, rows])
      }
      if (mode !== 'fail') expect([...outcomes].sort()).toEqual(['true,false', 'true,true'])
    },
  )

  test.each(['append', 'overwrite'] as const)('mode %s: three at once, and each tried again', async mode => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    await publish(store, 'j0', await writeParts(store, 'j0', [[0]]))
    const jobs = ['j3', 'j1', 'j2']
    const parts = new Map<string, readonly CommittedPart[]>()
    for (const job of jobs) parts.set(job, await writeParts(store, job, [[1], [2]]))
    let waiting = jobs
    const done: string[] = []
    for (let round = 0; waiting.length > 0; round++) {
      // At first all at once; both may withdraw, so then one after another.
      const results = await Promise.allSettled(
        waiting.slice(0, round === 0 ? 3 : 1).map(job => publish(store, job, parts.get(job)!, mode)),
      )
      const won = waiting.filter((_, i) => results[i]?.status === 'fulfilled')
      for (const result of results) {
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ code: 'STORE', retryable: true })
      }
      expect(won.length).toBeLessThan(2)
      if (round > 0) expect(won.length).toBe(1)
      done.push(...won)
      waiting = waiting.filter(job => !won.includes(job))
    }
    const manifest = await wholeOutput(store)
    expect(manifest.job).toBe(done.at(-1))
    expect(manifest.parts.map(part => part.name)).toEqual(
      mode === 'overwrite'
        ? ['part-00000.csv', 'part-00001.csv']
        : [
            'part-00000.csv',
            ...done.flatMap((job, i) => [0, 1].map(part => `part-a0000${i + 1}-${job}-0000${part}.csv`)),
          ],
    )
  })

  test.each(['fail', 'append', 'overwrite'] as const)(
    'mode %s: another’s marker is an error that names it, and nothing has changed',
    async mode => {
      const dir = scratch()
      const store = dir.stores.open(dir.uri)
      if (mode !== 'fail') await publish(store, 'j0', await writeParts(store, 'j0', [[1]]))
      const parts = await writeParts(store, 'j1', [[2]])
      dir.file('_dunlin/j2/publishing-1.json', '{"job":"j2","mode":"append"}\n')
      const keys = await keysOf(store)
      const before = await readManifest(store, '')
      expect(await failure(publish(store, 'j1', parts, mode))).toMatchObject({
        code: 'STORE',
        retryable: true,
        message: `another job is publishing into ${dir.uri}: j2`,
        hint: 'Wait for that job, or clean it if it is dead: what it left here is in _dunlin/j2/',
      })
      expect(await keysOf(store)).toEqual(keys)
      expect(await readManifest(store, '')).toEqual(before)
      await discardAttempts({ store, job: 'j2' })
      expect(await publish(store, 'j1', parts, mode)).toMatchObject({ job: 'j1' })
    },
  )

  test('a job that was killed half-way does not give way to one that has come since', async () => {
    for (const mode of ['fail', 'append', 'overwrite'] as const) {
      const dir = scratch()
      const store = dir.stores.open(dir.uri)
      const parts = await writeParts(store, 'j1', [[1], [2]])
      // The marker twice, then a move; overwriting removes two things before.
      await expect(
        publish(killedAt(store, mode === 'overwrite' ? 4 : 3, 'after'), 'j1', parts, mode),
      ).rejects.toThrow('killed')
      dir.file('_dunlin/j2/publishing-1.json', '{"job":"j2","mode":"append"}\n')
      const published = publish(store, 'j1', parts, mode)
      // In mode `fail` staging of others is in the way at any time.
      if (mode === 'fail') {
        expect((await failure(published)).code).toBe('OUTPUT_NOT_EMPTY')
        continue
      }
      expect(await published).toMatchObject({ job: 'j1', rows: 2 })
      await discardAttempts({ store, job: 'j2' })
      await wholeOutput(store)
    }
  })

  test('a driver that goes on removes what another, killed in the middle of a write, has left beside the parts', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    const parts = await writeParts(store, 'j1', [[1]])
    const { pid } = spawnSync(process.execPath, ['--version'])
    const left = `.dunlin-tmp-${systemPlace.machine}-${pid}-0-7`
    const living = `.dunlin-tmp-${systemPlace.machine}-${process.pid}-0-7`
    for (const name of [left, living]) dir.file(name, 'half of a _SUCCESS')
    await publishOutput({ store, job: 'j1', epoch: 2, format: 'csv', mode: 'fail', parts })
    expect(readdirSync(dir.path).sort()).toEqual([living, '_SUCCESS', 'part-00000.csv'])
  })

  test('appended parts sort in the order of the appends, whatever the jobs are called', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    const jobs = ['20260101-000000-zz', '20260101-000000-mm', '20260101-000000-aa']
    await publish(store, 'j0', await writeParts(store, 'j0', [[0]]))
    for (const job of jobs) await publish(store, job, await writeParts(store, job, [[1], [2]]), 'append')
    expect((await wholeOutput(store)).parts.map(part => part.name)).toEqual([
      'part-00000.csv',
      ...jobs.flatMap((job, i) => [0, 1].map(part => `part-a0000${i + 1}-${job}-0000${part}.csv`)),
    ])
  })
})

describe('publishing that fails', () => {
  test.each(['fail', 'append'] as const)('mode %s: takes back what it has moved', async mode => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    if (mode === 'append') await publish(store, 'j0', await writeParts(store, 'j0', [[9]]))
    const before = await keysOf(store)
    for (const spoil of ['lost', 'changed'] as const) {
      const parts = await writeParts(store, 'j1', [[1], [2], [3]])
      if (spoil === 'lost') await store.delete([parts[1]!.key])
      else dir.file(parts[1]!.key, 'value\n')
      expect((await failure(publish(store, 'j1', parts, mode))).code).toBe('CORRUPT')
      expect(await keysOf(store)).toEqual(before)
    }
    expect(await publish(store, 'j2', await writeParts(store, 'j2', [[1]]), mode)).toMatchObject({
      job: 'j2',
    })
    await wholeOutput(store)
  })

  test.each(['fail', 'append'] as const)(
    'mode %s: a change that fails, or only seems to, leaves a whole output or none',
    async mode => {
      for (const when of ['before', 'after'] as const) {
        for (let n = 1; ; n++) {
          const dir = scratch()
          const store = dir.stores.open(dir.uri)
          if (mode === 'append') await publish(store, 'j0', await writeParts(store, 'j0', [[9]]))
          const before = await keysOf(store)
          let changes = 0
          const counted = through(store, change => {
            changes++
            return change()
          })
          const parts = await writeParts(store, 'j1', [[1], [2], [3]])
          const [result] = await Promise.allSettled([publish(failingAt(counted, n, when), 'j1', parts, mode)])
          if (result.status === 'fulfilled') {
            expect(await wholeOutput(store)).toMatchObject({ job: 'j1' })
            if (changes < n) break
            continue
          }
          await discardAttempts({ store, job: 'j1' })
          expect(await keysOf(store)).toEqual(before)
        }
      }
    },
  )

  test('what another has put there stays', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    const parts = await writeParts(store, 'j1', [[1], [2]])
    await store.delete([parts[1]!.key])
    dir.file('part-00001.csv', 'value\n3\n')
    expect((await failure(publish(store, 'j1', parts))).code).toBe('CORRUPT')
    expect(await keysOf(store)).toEqual(['part-00001.csv'])
  })

  test('mode overwrite leaves what it has moved: the old output is no longer whole', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    const parts = await writeParts(store, 'j1', [[1], [2]])
    await store.delete([parts[1]!.key])
    expect((await failure(publish(store, 'j1', parts, 'overwrite'))).code).toBe('CORRUPT')
    expect(await keysOf(store)).toEqual(['_dunlin/j1/publishing-1.json', 'part-00000.csv'])
  })
})

describe('checking an output directory', () => {
  test('absent and empty directories are taken, in every mode', async () => {
    const dir = scratch()
    for (const mode of ['fail', 'overwrite', 'append'] as const) {
      await checkOutput({ store: dir.stores.open(`${dir.uri}new/`), mode })
      await checkOutput({ store: dir.stores.open(dir.uri), mode })
    }
  })

  test('one that holds something is refused with its name and what is in it, unless the mode says so', async () => {
    const dir = scratch()
    for (const name of ['a.csv', 'b.csv', 'c.csv', 'd.csv', 'sub/e.csv']) dir.file(name)
    const store = dir.stores.open(dir.uri)
    expect(await failure(checkOutput({ store, mode: 'fail' }))).toMatchObject({
      code: 'OUTPUT_NOT_EMPTY',
      message: `${dir.uri} is not empty: it holds a.csv, b.csv, c.csv and 2 more`,
      hint: "Write to another directory, or say mode: 'overwrite' or mode: 'append'.",
    })
    await checkOutput({ store, mode: 'overwrite' })
    await checkOutput({ store, mode: 'append' })
  })

  test('another job’s unfinished output counts, the job’s own does not', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    await writeParts(store, 'j1', [[1]])
    await checkOutput({ store, mode: 'fail', job: 'j1' })
    expect((await failure(checkOutput({ store, mode: 'fail', job: 'j2' }))).message).toBe(
      `${dir.uri} holds the unfinished output of another job: _dunlin/j1/1-1-0-1-n0.csv`,
    )
  })

  test('a file in its place is refused in every mode', async () => {
    const dir = scratch()
    writeFileSync(join(dir.path, 'out'), 'x')
    for (const mode of ['fail', 'overwrite', 'append'] as const) {
      const error = await failure(checkOutput({ store: dir.stores.open(`${dir.uri}out/`), mode }))
      expect(error.message).toBe(`${dir.path}/out is a file, and an output is a directory of part files`)
    }
  })

  test('what came into the directory while the job ran is found when it ends', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    const mine = await writeParts(store, 'j1', [[1]])
    const other = await writeParts(store, 'j2', [[2]])
    expect((await failure(publish(store, 'j1', mine))).code).toBe('OUTPUT_NOT_EMPTY')
    await discardAttempts({ store, job: 'j1' })
    await publish(store, 'j2', other)
    // The same number of parts: they would have the same names.
    const late = await writeParts(store, 'j3', [[3]])
    expect((await failure(publish(store, 'j3', late))).code).toBe('OUTPUT_NOT_EMPTY')
    expect(readFileSync(join(dir.path, 'part-00000.csv'), 'utf8')).toBe('value\n2\n')
  })
})

describe('reading an output', () => {
  test('one that is being written, or failed, is not read; a finished one is', async () => {
    const dir = scratch()
    const store = dir.stores.open(`${dir.uri}out/`)
    const parts = await writeParts(store, 'j1', [[1], [2]])
    dir.file('out/part-00000.csv', 'value\n0\n')
    for (const uri of ['out', 'out/', '.', 'out/*.csv']) {
      expect(await failure(list(dir, [uri]))).toMatchObject({
        code: 'NOT_FOUND',
        message: `the output in ${dir.uri}out/ is not finished: job j1 is writing it, or failed to`,
      })
    }
    await publish(store, 'j1', parts, 'overwrite')
    expect((await list(dir, ['out'])).objects.map(object => object.key)).toEqual([
      'part-00000.csv',
      'part-00001.csv',
    ])
  })

  test('one that is being appended to is read as it was', async () => {
    const dir = scratch()
    const store = dir.stores.open(`${dir.uri}out/`)
    await publish(store, 'j0', await writeParts(store, 'j0', [[1]]))
    await writeParts(store, 'j1', [[2]])
    dir.file('out/part-a00001-j1-00000.csv', 'value\n2\n')
    for (const uri of ['out', 'out/*.csv']) {
      expect((await list(dir, [uri])).objects.map(object => object.key)).toEqual(['part-00000.csv'])
    }
  })

  test('a part that is missing from a finished one is an error', async () => {
    const dir = scratch()
    const store = dir.stores.open(`${dir.uri}out/`)
    await publish(store, 'j0', await writeParts(store, 'j0', [[1], [2]]))
    await store.delete(['part-00001.csv'])
    for (const uri of ['out', '.']) {
      const error = await failure(list(dir, [uri]))
      expect(error).toMatchObject({ code: 'CORRUPT' })
      expect(error.message).toContain('part-00001.csv is missing')
    }
    await store.delete(['_SUCCESS'])
    expect((await list(dir, ['out'])).objects.length).toBe(1)
  })

  test('an output without parts is no error, nor is the empty _SUCCESS of another tool', async () => {
    const dir = scratch()
    await publish(dir.stores.open(`${dir.uri}out/`), 'j0', [])
    expect(await list(dir, ['out'])).toEqual({ objects: [] })
    dir.file('spark/_SUCCESS', '')
    dir.file('spark/part-0.csv')
    expect((await list(dir, ['spark'])).objects.length).toBe(1)
  })
})

describe('a driver that comes late', () => {
  test('clears away what its epoch and earlier ones asked for, not what a later driver did', async () => {
    const store = new MemoryStore({ name: 'late' })
    await writeParts(store, 'j1', [[1]], 1)
    const [part] = await writeParts(store, 'j1', [[2]], 2)
    await store.put('_dunlin/j1/publishing-2.json', new Uint8Array(1))
    await discardAttempts({ store, job: 'j1', epoch: 1 })
    expect(await keysOf(store)).toEqual([part!.key, '_dunlin/j1/publishing-2.json'])
    await discardAttempts({ store, job: 'j1' })
    expect(await keysOf(store)).toEqual([])
  })

  test('leaves no marker in a directory that is not its own any more', async () => {
    const store = new MemoryStore({ name: 'fenced' })
    const parts = await writeParts(store, 'j1', [[1]])
    let asked = 0
    // It loses its job after it has put its marker.
    const isOurs = async () => ++asked === 1
    await expect(publish(store, 'j1', parts, 'fail', { isOurs })).rejects.toMatchObject({ code: 'LEASE' })
    expect(asked).toBeGreaterThan(1)
    expect(await keysOf(store)).toEqual([parts[0]!.key])
  })

  test('leaves its marker where it has moved parts, so that who goes on knows whose they are', async () => {
    const store = new MemoryStore({ name: 'fenced-late' })
    const parts = await writeParts(store, 'j1', [[1], [2]])
    // It loses its job when it has moved its parts.
    const isMoved = (key: string): boolean => key.startsWith('part-00001')
    const isOurs = async () => !(await keysOf(store)).some(isMoved)
    await expect(publish(store, 'j1', parts, 'fail', { isOurs })).rejects.toMatchObject({ code: 'LEASE' })
    expect((await keysOf(store)).some(isMoved)).toBe(true)
    expect(await publish(store, 'j1', parts, 'fail', { epoch: 3 })).toMatchObject({ rows: 2 })
    expect((await keysOf(store)).filter(key => key.includes('publishing'))).toEqual([])
  })

  test('does not begin to publish where it has lost the job', async () => {
    const store = new MemoryStore({ name: 'lost' })
    const parts = await writeParts(store, 'j1', [[1]])
    const publishing = publish(store, 'j1', parts, 'fail', { isOurs: async () => false })
    await expect(publishing).rejects.toMatchObject({ code: 'LEASE' })
    expect(await keysOf(store)).toEqual([parts[0]!.key])
  })
})

describe('parts that a job was appending when it was given up', () => {
  const left = async () => {
    const store = new MemoryStore({ name: 'half' })
    await publish(store, 'j0', await writeParts(store, 'j0', [[1, 2]]))
    const parts = await writeParts(store, 'dead', [[3], [4]])
    await expect(publish(killedAt(store, 3, 'after'), 'dead', parts, 'append')).rejects.toThrow('killed')
    expect((await keysOf(store)).filter(key => key.startsWith('part-a'))).toHaveLength(1)
    return store
  }

  test('do not become data of the job that appends next', async () => {
    const store = await left()
    await discardAttempts({ store, job: 'dead' })
    const manifest = await publish(store, 'j2', await writeParts(store, 'j2', [[5]]), 'append')
    expect(manifest).toMatchObject({ rows: 3, parts: [{ rows: 2 }, { rows: 1 }] })
  })

  test('go when the job is cleaned, and no others do', async () => {
    const store = await left()
    await publish(store, 'j2', await writeParts(store, 'j2', [[5]]), 'append').catch(() => {})
    await discardAttempts({ store, job: 'dead' })
    await publish(store, 'j2', await writeParts(store, 'j2', [[5]]), 'append')
    await discardUnlisted({ store, job: 'dead' })
    const rest = (await keysOf(store)).filter(key => key.startsWith('part-'))
    expect(rest).toEqual(['part-00000.csv', 'part-a00002-j2-00000.csv'])
    await discardUnlisted({ store, job: 'j2' })
    expect((await keysOf(store)).filter(key => key.startsWith('part-'))).toEqual(rest)
  })
})

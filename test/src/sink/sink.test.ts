import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DunlinError } from '../../../operators/index.ts'
import type { WriteMode } from '../../../planner/index.ts'
import { checkOutput } from '../../../src/sink/check-output.ts'
import { attemptKey, partName } from '../../../src/sink/output-keys.ts'
import { PartSink } from '../../../src/sink/part-sink.ts'
import { discardAttempts, publishOutput } from '../../../src/sink/publish.ts'
import { readManifest } from '../../../src/sink/success-manifest.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import type { CommittedPart } from '../../../src/task/task-event.ts'
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
): Promise<CommittedPart[]> {
  const committed: CommittedPart[] = []
  for (const [task, records] of parts.entries()) {
    const name = { job, stage: 1, task, attempt: 1, nonce: `n${task}`, format: 'csv' } as const
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
) {
  return publishOutput({ store, job, format: 'csv', parts, mode, schema: 'scalar float64' })
}

/** A store that fails at its n-th change, before it or after it. */
function failingAt(store: ObjectStore, n: number, when: 'before' | 'after'): ObjectStore {
  let changes = 0
  const guard = async <T>(change: () => Promise<T>): Promise<T> => {
    const fails = ++changes === n
    if (fails && when === 'before') throw new Error('killed')
    const result = await change()
    if (fails) throw new Error('killed')
    return result
  }
  return {
    uri: store.uri,
    get: store.get.bind(store),
    stream: store.stream.bind(store),
    head: store.head.bind(store),
    list: store.list.bind(store),
    writer: store.writer.bind(store),
    put: (...args) => guard(() => store.put(...args)),
    delete: (...args) => guard(() => store.delete(...args)),
    move: (...args) => guard(() => store.move(...args)),
  }
}

describe('part sink', () => {
  test('a part has the rows, bytes and checksum of its file, and no name of its own yet', async () => {
    const dir = scratch()
    const store = dir.stores.open(dir.uri)
    const [part] = await writeParts(store, 'j1', [[1, 2, 3]])
    expect(part!.key).toBe('_dunlin/j1/1-0-1-n0.csv')
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
      ...failingAt(store, 0, 'before'),
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
        const killed = await publish(failingAt(store, n, when), 'j1', parts, mode).then(
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
            'part-j1-00000.csv',
            'part-j1-00001.csv',
            'part-j1-00002.csv',
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
      // The marker, three moves, _SUCCESS, the removal; two more removals when overwriting.
      expect(points).toBe(mode === 'overwrite' ? 8 : 6)
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
      ['part-j1-00000.csv', 1],
      ['part-j2-00000.csv', 1],
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
    expect(await keysOf(store)).toEqual(['_dunlin/j10/1-0-1-n0.csv'])
    await discardAttempts({ store, job: 'j10' })
    expect(readdirSync(join(dir.path, 'out'))).toEqual([])
    await discardAttempts({ store, job: 'j10' })
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
      `${dir.uri} holds the unfinished output of another job: _dunlin/j1/1-0-1-n0.csv`,
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
    dir.file('out/part-j1-00000.csv', 'value\n2\n')
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

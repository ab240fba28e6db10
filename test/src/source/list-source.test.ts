import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DunlinError } from '../../../operators/index.ts'
import type { Listing } from '../../../planner/index.ts'
import type { ObjectStore, Stores } from '../../../src/store/object-store.ts'
import { createStores } from '../../../src/store/open-stores.ts'
import { list, scratch } from './scratch.ts'

/** Listed objects as paths below the directory at `uri`. */
function names(listing: Listing, uri: string): string[] {
  return listing.objects.map(({ root, key }) => decodeURIComponent((root + key).slice(uri.length)))
}

async function failure(action: Promise<unknown>): Promise<DunlinError> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof DunlinError)) throw new Error(`not a DunlinError: ${String(error)}`)
  return error
}

async function memoryOf(
  keys: readonly string[],
): Promise<{ stores: Stores; uri: string; store: ObjectStore }> {
  const stores = createStores()
  const uri = 'memory://bucket/'
  const store = stores.open(uri)
  for (const key of keys) await store.put(key, new TextEncoder().encode(key))
  return { stores, uri, store }
}

const TREE = [
  'a.txt',
  'b.csv',
  'sub/c.txt',
  'sub/deep/d.txt',
  'sub/_hidden.txt',
  'sub/.dot.txt',
  '.cache/e.txt',
  '_logs/f.txt',
  'x1.txt',
  'x2.txt',
  'x10.txt',
  'ä.txt',
  'z.txt.gz',
  'z.txt.zst',
]

describe('listing a source', () => {
  test('a file, relative, absolute and as a URI', async () => {
    const dir = scratch()
    const path = dir.file('in/50% off #1.txt', 'hello')
    for (const uri of [
      'in/50% off #1.txt',
      './in/../in/50% off #1.txt',
      path,
      `${dir.uri}in/50%25%20off%20%231.txt`,
    ]) {
      const { objects } = await list(dir, [uri])
      expect(objects).toEqual([
        { root: `${dir.uri}in/`, key: '50% off #1.txt', sizeBytes: 5, version: expect.any(String) },
      ])
    }
  })

  test('a directory is all files below it, in the order of their bytes, without hidden names', async () => {
    const dir = scratch()
    for (const name of TREE) dir.file(name)
    const expected = [
      'a.txt',
      'b.csv',
      'sub/c.txt',
      'sub/deep/d.txt',
      'x1.txt',
      'x10.txt',
      'x2.txt',
      'z.txt.gz',
      'z.txt.zst',
      'ä.txt',
    ]
    for (const uri of ['.', `${dir.path}/`, dir.uri]) {
      const listing = await list(dir, [uri])
      expect(names(listing, dir.uri)).toEqual(expected)
      expect(listing.objects.map(object => object.root)).toEqual(expected.map(() => dir.uri))
      expect(listing.objects.map(object => object.compression).slice(-3)).toEqual(['gzip', 'zstd', undefined])
    }
    const memory = await memoryOf(TREE)
    expect(names(await list(memory, ['memory://bucket']), memory.uri)).toEqual(expected)
    expect(names(await list(memory, ['sub']), memory.uri)).toEqual(['sub/c.txt', 'sub/deep/d.txt'])
  })

  test.each([
    ['*.txt', ['a.txt', 'x1.txt', 'x10.txt', 'x2.txt', 'ä.txt']],
    ['**/*.txt', ['a.txt', 'sub/c.txt', 'sub/deep/d.txt', 'x1.txt', 'x10.txt', 'x2.txt', 'ä.txt']],
    ['x?.txt', ['x1.txt', 'x2.txt']],
    ['x[2-9].txt', ['x2.txt']],
    ['{a,b}.{txt,csv}', ['a.txt', 'b.csv']],
    ['s*/*.txt', ['sub/c.txt']],
    ['sub/**', ['sub/c.txt', 'sub/deep/d.txt']],
    ['sub/_*.txt', ['sub/_hidden.txt']],
    ['sub/.*.txt', ['sub/.dot.txt']],
    ['z.*', ['z.txt.gz', 'z.txt.zst']],
  ])('the pattern %s matches %j in every store', async (pattern, expected) => {
    const dir = scratch()
    for (const name of TREE) dir.file(name)
    const memory = await memoryOf(TREE)
    expect(names(await list(dir, [pattern]), dir.uri)).toEqual(expected)
    expect(names(await list(dir, [join(dir.path, pattern)]), dir.uri)).toEqual(expected)
    expect(names(await list(memory, [pattern]), memory.uri)).toEqual(expected)
    expect(names(await list(memory, [`memory://bucket/${pattern}`]), memory.uri)).toEqual(expected)
  })

  test('any tree and pattern: files and memory agree', async () => {
    const name = fc.constantFrom('a', 'b', 'ab', 'a(1)', 'a+b', '_a', '.b', 'a.txt', 'b!')
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'))
    const glob = fc
      .array(fc.constantFrom('*', '**', 'a*', '?', '{a,b}', '[ab]', 'a(*', 'a+*', 'a', '_*', '*.txt', '!*'), {
        minLength: 1,
        maxLength: 3,
      })
      .map(parts => parts.join('/'))
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { maxLength: 8 }), glob, async (paths, pattern) => {
        // On a file system a name is a file or a directory.
        const keys = paths.filter(one => !paths.some(other => other.startsWith(`${one}/`)))
        const dir = scratch()
        for (const key of keys) dir.file(key)
        const memory = await memoryOf(keys)
        const outcome = (listing: Promise<Listing>, uri: string): Promise<unknown> =>
          listing.then(
            found => names(found, uri),
            (error: DunlinError) => error.code,
          )
        expect(await outcome(list(dir, [pattern]), dir.uri)).toEqual(
          await outcome(list(memory, [pattern]), memory.uri),
        )
      }),
      { numRuns: 150 },
    )
  })

  test('the order of the URIs is kept; a file that two of them name is read twice', async () => {
    const dir = scratch()
    for (const name of ['a.txt', 'b.txt', 'c.txt']) dir.file(name)
    expect(names(await list(dir, ['c.txt', '*.txt', '{a,a*}.txt']), dir.uri)).toEqual([
      'c.txt',
      'a.txt',
      'b.txt',
      'c.txt',
      'a.txt',
    ])
  })

  test('a name that exists is that file or directory, whatever pattern it looks like', async () => {
    const dir = scratch()
    dir.file('data[1].txt')
    dir.file('data1.txt')
    dir.file('run{a}/x.txt')
    expect(names(await list(dir, ['data[1].txt']), dir.uri)).toEqual(['data[1].txt'])
    expect(names(await list(dir, ['run{a}']), dir.uri)).toEqual(['run{a}/x.txt'])
    // A base is never a pattern.
    const base = { stores: dir.stores, uri: `${dir.uri}run%7Ba%7D/` }
    expect(names(await list(base, ['*.txt']), dir.uri)).toEqual(['run{a}/x.txt'])
    expect(names(await list(base, ['../data1*']), dir.uri)).toEqual(['data1.txt'])
  })

  test('links are followed, but not in circles', async () => {
    const dir = scratch()
    dir.file('real/a.txt')
    mkdirSync(join(dir.path, 'in'))
    symlinkSync('../real', join(dir.path, 'in/linked'))
    symlinkSync('../real/a.txt', join(dir.path, 'in/b.txt'))
    symlinkSync('..', join(dir.path, 'real/up'))
    expect(names(await list(dir, ['in/b.txt']), dir.uri)).toEqual(['in/b.txt'])
    expect(names(await list(dir, ['in/**/*.txt']), dir.uri)).toContain('in/linked/a.txt')
    expect(names(await list(dir, ['in']), dir.uri)).toContain('in/linked/a.txt')
  })

  describe('errors', () => {
    test('a missing path names what is there', async () => {
      const dir = scratch()
      dir.file('reviews.txt')
      dir.file('orders/a.csv')
      expect(await failure(list(dir, ['revews.txt']))).toMatchObject({
        code: 'NOT_FOUND',
        message: `${dir.path}/revews.txt does not exist`,
        hint: `In ${dir.path}/ there is reviews.txt.`,
      })
      expect((await failure(list(dir, ['order/']))).hint).toBe(`In ${dir.path}/ there is orders/.`)
      expect((await failure(list(dir, ['zzzzzzzz']))).hint).toBe(
        `Nothing in ${dir.path}/ has a name like it.`,
      )
      expect((await failure(list(dir, ['nowhere/a.txt']))).hint).toBe(
        `${dir.path}/nowhere/ does not exist either.`,
      )
      const memory = await memoryOf(['reviews.txt'])
      expect(await failure(list(memory, ['review.txt']))).toMatchObject({
        code: 'NOT_FOUND',
        message: 'memory://bucket/review.txt does not exist',
        hint: 'In memory://bucket/ there is reviews.txt.',
      })
    })

    test('a pattern without a match', async () => {
      const dir = scratch()
      dir.file('a.csv')
      dir.file('b/c.txt')
      expect(await failure(list(dir, ['*.txt']))).toMatchObject({
        code: 'NOT_FOUND',
        message: `no file matches ${dir.path}/*.txt`,
        hint: expect.stringContaining(`In ${dir.path}/ there is a.csv, b/.`),
      })
      expect((await failure(list(dir, ['no/*.txt']))).hint).toBe(`${dir.path}/no/ does not exist.`)
    })

    test('a directory without files to read', async () => {
      const dir = scratch()
      mkdirSync(join(dir.path, 'empty'))
      dir.file('hidden/_x/a.txt')
      for (const name of ['empty', 'empty/', 'hidden']) {
        const error = await failure(list(dir, [name]))
        expect(error.code).toBe('NOT_FOUND')
        expect(error.message).toBe(
          `the directory ${dir.path}/${name.replace('/', '')} holds no files to read`,
        )
      }
    })

    test('a pipe is neither file nor directory, a dangling link is said to be one', async () => {
      const dir = scratch()
      execFileSync('mkfifo', [join(dir.path, 'pipe')])
      symlinkSync('gone', join(dir.path, 'dangling.txt'))
      expect(await failure(list(dir, ['pipe']))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: `${dir.path}/pipe is a pipe, neither a file nor a directory`,
      })
      for (const uri of ['dangling.txt', '*.txt', '.']) {
        expect(await failure(list(dir, [uri]))).toMatchObject({
          code: 'NOT_FOUND',
          message: `${dir.path}/dangling.txt is a symbolic link that leads nowhere`,
        })
      }
    })

    test('paths that lead nowhere in a store', async () => {
      const memory = await memoryOf(['a'])
      expect((await failure(list(memory, ['../x']))).code).toBe('INVALID_ARGUMENT')
      expect((await failure(list(memory, ['']))).message).toBe('an empty path names no source')
      expect((await failure(list(memory, ['s3://bucket/x']))).code).toBe('CONFIGURATION')
    })

    test('a store that refuses says so', async () => {
      const denied = new DunlinError('ACCESS_DENIED', 'cannot list file:///secret/: permission denied')
      const store = {
        uri: 'memory://bucket/',
        head: async () => undefined,
        list: () => ({
          [Symbol.asyncIterator]: () => ({
            next: () => Promise.reject(denied),
          }),
        }),
      } as unknown as ObjectStore
      expect(await failure(list({ stores: { open: () => store }, uri: store.uri }, ['*.txt']))).toBe(denied)
    })
  })
})

/** The contract of every ObjectStore, as a suite that runs over any implementation. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DunlinError } from '../../operators/index.ts'
import type { ObjectInfo, ObjectStore } from '../../src/store/object-store.ts'

export interface ObjectStoreUnderTest {
  readonly name: string
  /** A store whose root is empty. */
  open(): Promise<{ readonly store: ObjectStore; close(): Promise<void> }>
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const plain = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: DunlinError) => error.code,
  )

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const kept: T[] = []
  for await (const item of items) kept.push(item)
  return kept
}

const keysOf = async (list: AsyncIterable<ObjectInfo>): Promise<string[]> =>
  (await all(list)).map(({ key }) => key)
const byUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const BAD_KEYS = [
  '',
  '/',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  './a',
  '../a',
  'a/../../b',
  'a/..',
  'a/./b',
  'a\\b',
  '..\\a',
  'a\0b',
  `${'x'.repeat(256)}`,
  `a/${'é'.repeat(128)}`,
  `${'x/'.repeat(600)}x`,
  '.dunlin-tmp-a',
  'a/.dunlin-tmp-b',
  'lone\ud800surrogate',
]

const GOOD_KEYS = [
  'a',
  'a.b/c-d/e_f',
  '..a',
  'a..',
  '...',
  '.hidden',
  'with space/and "quotes"',
  'percent%2Fencoded%20',
  'question?mark#hash',
  'emoji-🐦/ünï/日本語',
  'line\nbreak',
  '*[glob]{a,b}',
  '__proto__',
  'constructor/prototype',
  `${'x'.repeat(255)}`,
]

/** With names short enough for a test's title. */
const named = (keys: readonly string[]): { name: string; key: string }[] =>
  keys.map(key => ({
    key,
    name: JSON.stringify(key.length > 30 ? `${key.slice(0, 20)}… (${key.length})` : key),
  }))

export function objectStoreContract(subject: ObjectStoreUnderTest): void {
  describe(`the object store contract, kept by ${subject.name}`, () => {
    let store: ObjectStore
    let close: () => Promise<void>
    let folders = 0
    /** A prefix that no other test uses. */
    const fresh = (): string => `t${++folders}/`

    beforeAll(async () => {
      ;({ store, close } = await subject.open())
    })
    afterAll(() => close())

    it('has a root URI that ends in a slash', () => {
      expect(store.uri).toMatch(/^[a-z0-9]+:\/\/.*\/$/)
    })

    it('gives back what was put, whole and by ranges', async () => {
      const at = fresh()
      await store.put(`${at}a`, text('hello, world'))
      expect(plain(await store.get(`${at}a`))).toBe('hello, world')
      expect(plain(await store.get(`${at}a`, { offset: 7, length: 5 }))).toBe('world')
      expect(plain(await store.get(`${at}a`, { offset: 0, length: 12 }))).toBe('hello, world')
      expect((await store.get(`${at}a`, { offset: 12, length: 0 })).byteLength).toBe(0)
      await store.put(`${at}empty`, new Uint8Array(0))
      expect((await store.get(`${at}empty`)).byteLength).toBe(0)
    })

    it('gives bytes that share memory with nothing', async () => {
      const at = fresh()
      const body = text('abc')
      await store.put(`${at}a`, body)
      body.fill(0)
      const first = await store.get(`${at}a`)
      expect(first.buffer.byteLength).toBe(3)
      first.fill(0)
      expect(plain(await store.get(`${at}a`))).toBe('abc')
    })

    it('writes the pieces of a body in their order', async () => {
      const at = fresh()
      const pieces = Array.from({ length: 2500 }, (_, i) => text(`${i},`))
      await store.put(`${at}a`, [new Uint8Array(0), ...pieces, new Uint8Array(0)])
      expect(plain(await store.get(`${at}a`))).toBe(pieces.map(plain).join(''))
      await store.put(`${at}none`, [])
      expect((await store.get(`${at}none`)).byteLength).toBe(0)
    })

    it('gives any range of any body, by get and by stream', async () => {
      const at = fresh()
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          async (pieces, x, y) => {
            const whole = Buffer.concat(pieces)
            const offset = Math.floor(x * whole.length)
            const length = Math.floor(y * (whole.length - offset))
            await store.put(`${at}p`, pieces)
            const expected = whole.subarray(offset, offset + length)
            expect(Buffer.from(await store.get(`${at}p`, { offset, length }))).toEqual(expected)
            expect(Buffer.concat(await all(store.stream(`${at}p`, { offset, length })))).toEqual(expected)
            expect(Buffer.concat(await all(store.stream(`${at}p`, { offset })))).toEqual(
              whole.subarray(offset),
            )
          },
        ),
        { numRuns: 60 },
      )
    })

    it('streams a large object in pieces, whole and from an offset', async () => {
      const at = fresh()
      const body = new Uint8Array(9_000_001).map((_, i) => (i * 7) % 251)
      await store.put(`${at}big`, body)
      const pieces = await all(store.stream(`${at}big`))
      expect(pieces.length).toBeGreaterThan(1)
      expect(Buffer.compare(Buffer.concat(pieces), body)).toBe(0)
      const tail = Buffer.concat(
        await all(store.stream(`${at}big`, { offset: 3_000_000, length: 5_500_000 })),
      )
      expect(Buffer.compare(tail, body.subarray(3_000_000, 8_500_000))).toBe(0)
      expect(Buffer.compare(await store.get(`${at}big`), body)).toBe(0)
      expect(
        Buffer.compare(
          await store.get(`${at}big`, { offset: 1, length: 8_000_000 }),
          body.subarray(1, 8_000_001),
        ),
      ).toBe(0)
    })

    it('streams the same bytes in pieces of other lengths, lent or not', async () => {
      const at = fresh()
      const body = new Uint8Array(5_000_001).map((_, i) => (i * 7) % 251)
      await store.put(`${at}big`, body)
      for (const pieceBytes of [1, 300_000, 1_048_500, 3_000_000, 2 ** 40]) {
        const kept = await all(store.stream(`${at}big`, { offset: 0 }, { pieceBytes }))
        expect(Buffer.compare(Buffer.concat(kept), body)).toBe(0)
        const copied: Uint8Array[] = []
        for await (const piece of store.stream(`${at}big`, { offset: 1 }, { pieceBytes, lent: true })) {
          copied.push(piece.slice())
          // Whoever has it may do with it what he likes until he asks for the next.
          piece.fill(0)
        }
        expect(Buffer.compare(Buffer.concat(copied), body.subarray(1))).toBe(0)
      }
    })

    it('lets a stream be left early', async () => {
      const at = fresh()
      await store.put(`${at}big`, new Uint8Array(5_000_000))
      for (let i = 0; i < 50; i++) for await (const _ of store.stream(`${at}big`)) break
      await store.delete([`${at}big`])
      expect(await store.head(`${at}big`)).toBeUndefined()
    })

    it('says CORRUPT where a range goes past the end', async () => {
      const at = fresh()
      await store.put(`${at}a`, text('12345'))
      expect(await code(store.get(`${at}a`, { offset: 0, length: 6 }))).toBe('CORRUPT')
      expect(await code(store.get(`${at}a`, { offset: 6, length: 0 }))).toBe('CORRUPT')
      expect(await code(store.get(`${at}a`, { offset: 2 ** 40, length: 1 }))).toBe('CORRUPT')
      expect(await code(store.get(`${at}a`, { offset: 0, length: 2 ** 45 }))).toBe('CORRUPT')
      expect(await code(all(store.stream(`${at}a`, { offset: 6 })))).toBe('CORRUPT')
      expect(await code(all(store.stream(`${at}a`, { offset: 1, length: 5 })))).toBe('CORRUPT')
      expect(await all(store.stream(`${at}a`, { offset: 5 }))).toEqual([])
    })

    it('refuses ranges that are none', async () => {
      const at = fresh()
      await store.put(`${at}a`, text('12345'))
      for (const range of [
        { offset: -1, length: 1 },
        { offset: 0, length: -1 },
        { offset: 0.5, length: 1 },
        { offset: 0, length: Number.NaN },
      ]) {
        expect(await code(store.get(`${at}a`, range))).toBe('INVALID_ARGUMENT')
        expect(await code(all(store.stream(`${at}a`, range)))).toBe('INVALID_ARGUMENT')
      }
    })

    it('says NOT_FOUND, with the URI, of what is missing', async () => {
      const at = fresh()
      await store.put(`${at}dir/a`, text('x'))
      for (const key of [`${at}nope`, `${at}dir`, `${at}dir/a/b`, `${at}no/such/thing`]) {
        expect(await store.head(key)).toBeUndefined()
        expect(await code(store.get(key))).toBe('NOT_FOUND')
        expect(await code(store.get(key, { offset: 0, length: 1 }))).toBe('NOT_FOUND')
        expect(await code(all(store.stream(key)))).toBe('NOT_FOUND')
        expect(await code(store.move(key, `${at}elsewhere`))).toBe('NOT_FOUND')
      }
      await expect(store.get(`${at}nope`)).rejects.toThrow(store.uri)
      expect(await store.head(`${at}elsewhere`)).toBeUndefined()
    })

    it('replaces an object, and its version with it', async () => {
      const at = fresh()
      const first = await store.put(`${at}a`, text('one'))
      expect(first.created && first.version).toBe((await store.head(`${at}a`))?.version)
      const second = await store.put(`${at}a`, text('three'))
      expect(plain(await store.get(`${at}a`))).toBe('three')
      expect(second.created && first.created && second.version !== first.version).toBe(true)
      expect(await store.head(`${at}a`)).toEqual({
        key: `${at}a`,
        sizeBytes: 5,
        version: second.created ? second.version : '',
      })
    })

    it('tells exactly one of fifty concurrent writers that it created the object', async () => {
      const at = fresh()
      for (let round = 0; round < 5; round++) {
        const key = `${at}deep/er/${round}`
        const results = await Promise.all(
          Array.from({ length: 50 }, (_, i) => store.put(key, text(`writer ${i}`), { ifAbsent: true })),
        )
        const winners = results.flatMap((result, i) => (result.created ? [i] : []))
        expect(winners).toHaveLength(1)
        expect(plain(await store.get(key))).toBe(`writer ${winners[0]}`)
      }
      expect(await keysOf(store.list(at))).toHaveLength(5)
    })

    it('tells exactly one of several writers that it created the object piece by piece', async () => {
      const key = `${fresh()}w`
      const writers = await Promise.all(Array.from({ length: 5 }, () => store.writer(key)))
      await Promise.all(writers.map((writer, i) => writer.write(text(`writer ${i}`))))
      const results = await Promise.all(writers.map(writer => writer.close({ ifAbsent: true })))
      const winners = results.flatMap((result, i) => (result.created ? [i] : []))
      expect(winners).toHaveLength(1)
      expect(plain(await store.get(key))).toBe(`writer ${winners[0]}`)
      expect(await keysOf(store.list(key))).toEqual([key])
    })

    it('shows readers a whole object or none while it is being replaced', async () => {
      const at = fresh()
      const bodies = [new Uint8Array(300_000).fill(1), new Uint8Array(700_000).fill(2)]
      await store.put(`${at}a`, bodies[0]!)
      const writing = (async () => {
        for (let i = 0; i < 20; i++) await store.put(`${at}a`, bodies[i % 2]!)
      })()
      for (let i = 0; i < 20; i++) {
        const seen = await store.get(`${at}a`)
        expect(seen.byteLength).toBe(seen[0] === 1 ? 300_000 : 700_000)
        expect(seen.every(byte => byte === seen[0])).toBe(true)
      }
      await writing
    })

    it('shows nothing of a writer before it is closed, and nothing after it is aborted', async () => {
      const at = fresh()
      const writer = await store.writer(`${at}w`)
      await writer.write(text('one '))
      await writer.write(new Uint8Array(0))
      await writer.write(text('two'))
      expect(await store.head(`${at}w`)).toBeUndefined()
      expect(await keysOf(store.list(at))).toEqual([])
      await writer.close()
      expect(plain(await store.get(`${at}w`))).toBe('one two')

      const aborted = await store.writer(`${at}other`)
      await aborted.write(text('x'))
      await aborted.abort()
      await aborted.abort()
      expect(await keysOf(store.list(at))).toEqual([`${at}w`])
      expect(await code(aborted.write(text('y')))).not.toBe('no error')
      expect(await code(aborted.close())).not.toBe('no error')
    })

    it('writes several pieces at once in their order', async () => {
      const at = fresh()
      const writer = await store.writer(`${at}w`)
      const large = new Uint8Array(700_000).fill(65)
      await writer.write([text('one '), new Uint8Array(0), text('two '), large])
      await writer.write([])
      await writer.write([text(' three')])
      large.fill(66)
      await writer.close()
      expect(plain(await store.get(`${at}w`))).toBe(`one two ${'A'.repeat(700_000)} three`)
    })

    it('keeps what a writer wrote when abort is called after close', async () => {
      const at = fresh()
      const writer = await store.writer(`${at}w`)
      await writer.write(text('kept'))
      await writer.close()
      await writer.abort()
      expect(plain(await store.get(`${at}w`))).toBe('kept')
    })

    it('keeps the order of writes that nobody awaited, and replaces at close', async () => {
      const at = fresh()
      await store.put(`${at}w`, text('old'))
      const writer = await store.writer(`${at}w`)
      const writes = Array.from({ length: 100 }, (_, i) => writer.write(text(`${i};`)))
      await Promise.all([...writes, writer.close()])
      expect(plain(await store.get(`${at}w`))).toBe(Array.from({ length: 100 }, (_, i) => `${i};`).join(''))
    })

    it('moves an object, over another too', async () => {
      const at = fresh()
      await store.put(`${at}a/from`, text('moved'))
      await store.put(`${at}to`, text('old'))
      await store.move(`${at}a/from`, `${at}to`)
      expect(plain(await store.get(`${at}to`))).toBe('moved')
      expect(await keysOf(store.list(at))).toEqual([`${at}to`])
      await store.move(`${at}to`, `${at}new/deep/to`)
      expect(await keysOf(store.list(at))).toEqual([`${at}new/deep/to`])
      await store.move(`${at}new/deep/to`, `${at}new/deep/to`)
      expect(plain(await store.get(`${at}new/deep/to`))).toBe('moved')
    })

    it('deletes, and does not mind what is not there', async () => {
      const at = fresh()
      await store.put(`${at}a/1`, text('x'))
      await store.put(`${at}a/2`, text('x'))
      await store.delete([`${at}a/1`, `${at}nope`, `${at}a/1`, `${at}no/such`, `${at}a`, `${at}a/2/x`])
      expect(await keysOf(store.list(at))).toEqual([`${at}a/2`])
      await store.delete([])
      await store.delete([`${at}a/2`])
      await store.delete([`${at}a/2`])
      expect(await keysOf(store.list(at))).toEqual([])
    })

    it('lists in the order of UTF-8 bytes, across directories and past a thousand keys', async () => {
      const at = fresh()
      const names = Array.from({ length: 1100 }, (_, i) => `n/${i}`)
      // `-` and `.` stand before `/`, digits and letters after it; U+FF5E before any emoji in UTF-8, after it in UTF-16.
      names.push(
        'a/b',
        'a-b',
        'a.b',
        'a/b-c',
        'a/c',
        'a0',
        'A',
        'é',
        '\uff5e',
        '🐦',
        'e🐦/x',
        'e\uff5e/x',
        'q/c',
      )
      await Promise.all(names.map(name => store.put(at + name, text(name))))
      const listed = await all(store.list(at))
      expect(listed.map(({ key }) => key.slice(at.length))).toEqual([...names].sort(byUtf8))
      for (const { key, sizeBytes } of listed) expect(sizeBytes).toBe(Buffer.byteLength(key.slice(at.length)))
      expect(listed.at(-1)?.version).toBe((await store.head(listed.at(-1)!.key))?.version)
    })

    it('lists by any prefix what a plain filter of the keys gives', async () => {
      const segment = fc.constantFrom('a', 'b', 'ab', 'a-', 'a.', 'é', '🐦')
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.array(segment, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
          fc.nat(),
          fc.nat(),
          async (paths, which, cut) => {
            const at = fresh()
            // The leaf's name keeps files and directories apart, which a file system needs.
            const keys = [...new Set(paths.map(path => `${at}${path.join('/')}/leaf`))]
            for (const key of keys) await store.put(key, text(key))
            const from = keys[which % Math.max(1, keys.length)] ?? at
            const prefix = at + [...from.slice(at.length)].slice(0, cut % 8).join('')
            const expected = keys.filter(key => key.startsWith(prefix)).sort(byUtf8)
            expect(await keysOf(store.list(prefix))).toEqual(expected)
            await store.delete(keys)
            expect(await keysOf(store.list(at))).toEqual([])
          },
        ),
        { numRuns: 25 },
      )
    })

    it('lists nothing where there is nothing', async () => {
      expect(await keysOf(store.list('no/such/prefix/'))).toEqual([])
      expect(await keysOf(store.list('no-such'))).toEqual([])
    })

    it('lists on while objects vanish and appear', async () => {
      const at = fresh()
      for (let i = 0; i < 200; i++) await store.put(`${at}${i % 10}/${i}`, text('x'))
      const kept = new Set<string>()
      let seen = 0
      for await (const { key } of store.list(at)) {
        kept.add(key)
        if (++seen % 3 === 0) await store.delete([...(await keysOf(store.list(at)))].slice(-3))
      }
      expect(kept.size).toBe(seen)
    })

    it('stops listing when the caller does', async () => {
      const at = fresh()
      for (let i = 0; i < 10; i++) await store.put(`${at}${i}`, text('x'))
      for await (const { key } of store.list(at)) {
        expect(key).toBe(`${at}0`)
        break
      }
    })

    it.each(named(GOOD_KEYS))('takes $name as a key', async ({ key }) => {
      const at = fresh()
      await store.put(at + key, text(key))
      expect(plain(await store.get(at + key))).toBe(key)
      expect(await keysOf(store.list(at))).toEqual([at + key])
      expect(await keysOf(store.list(at + key))).toEqual([at + key])
      await store.move(at + key, `${at}moved/${key}`)
      expect((await store.head(`${at}moved/${key}`))?.key).toBe(`${at}moved/${key}`)
      await store.delete([`${at}moved/${key}`])
      expect(await keysOf(store.list(at))).toEqual([])
    })

    it.each(named(BAD_KEYS))('refuses $name as a key, wherever one is taken', async ({ key }) => {
      const taken: (() => Promise<unknown>)[] = [
        () => store.get(key),
        () => all(store.stream(key)),
        () => store.put(key, text('x')),
        () => store.put(key, text('x'), { ifAbsent: true }),
        () => store.writer(key),
        () => store.head(key),
        () => store.delete(['fine', key]),
        () => store.move(key, 'fine'),
        () => store.move('fine', key),
      ]
      for (const attempt of taken) expect(await code(attempt())).toBe('INVALID_ARGUMENT')
    })

    it.each(['/', '/a', '../', 'a/../b', 'a//', 'a\\', 'a\0', './a'])(
      'refuses %j as a prefix',
      async prefix => {
        expect(await code(all(store.list(prefix)))).toBe('INVALID_ARGUMENT')
      },
    )

    it('does nothing for a signal that is aborted already', async () => {
      const at = fresh()
      const signal = AbortSignal.abort()
      await store.put(`${at}a`, text('x'))
      const asked: (() => Promise<unknown>)[] = [
        () => store.get(`${at}a`, undefined, { signal }),
        () => all(store.stream(`${at}a`, undefined, { signal })),
        () => store.put(`${at}b`, text('y'), { signal }),
        () => store.writer(`${at}b`, { signal }),
        () => store.head(`${at}a`, { signal }),
        () => all(store.list(at, { signal })),
        () => store.delete([`${at}a`], { signal }),
        () => store.move(`${at}a`, `${at}b`, { signal }),
      ]
      for (const attempt of asked) expect(await code(attempt())).toBe('CANCELLED')
      expect(await keysOf(store.list(at))).toEqual([`${at}a`])
    })

    it('stops a stream, a listing and a writer when the signal is aborted meanwhile', async () => {
      const at = fresh()
      await store.put(`${at}big`, new Uint8Array(8_000_000))
      await store.put(`${at}c`, text('x'))

      const streaming = new AbortController()
      const stream = (async () => {
        for await (const _ of store.stream(`${at}big`, undefined, { signal: streaming.signal }))
          streaming.abort()
      })()
      expect(await code(stream)).toBe('CANCELLED')

      const listing = new AbortController()
      const list = (async () => {
        for await (const _ of store.list(at, { signal: listing.signal })) listing.abort()
      })()
      expect(await code(list)).toBe('CANCELLED')

      const writing = new AbortController()
      const writer = await store.writer(`${at}w`, { signal: writing.signal })
      await writer.write(text('x'))
      writing.abort()
      expect(await code(writer.write(text('y')))).toBe('CANCELLED')
      expect(await code(writer.close())).not.toBe('no error')
      await writer.abort()
      expect(await keysOf(store.list(at))).toEqual([`${at}big`, `${at}c`])
    })
  })
}

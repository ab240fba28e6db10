import assert from 'node:assert/strict'
import { appendFileSync, unlinkSync } from 'node:fs'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recordsOf } from '../../../operators/batch/records.ts'
import { type Batch, DunlinError, type ReadFormat } from '../../../operators/index.ts'
import type { Listing, Split, SplitRange } from '../../../planner/index.ts'
import { type ReadCounters, readSplit } from '../../../src/source/read-split.ts'
import type { ObjectStore, Stores } from '../../../src/store/object-store.ts'
import { replaced } from '../../fixtures/store/replaced-store.ts'
import { list, type Scratch, scratch } from './scratch.ts'

const TEXT = { format: 'text', onInvalid: 'replace' } as const

/** Every object cut into ranges of at most `bytes`; a compressed one is one range. */
function rangesOf(listing: Listing, bytes = Number.MAX_SAFE_INTEGER): SplitRange[] {
  return listing.objects.flatMap(({ root, key, sizeBytes, version, compression }) => {
    const ranges: SplitRange[] = []
    const step = compression === undefined ? bytes : Number.MAX_SAFE_INTEGER
    for (let start = 0; start === 0 || start < sizeBytes; start += step) {
      const end = Math.min(sizeBytes, start + step)
      ranges.push({ root, key, start, end, size: sizeBytes, version, ...(compression && { compression }) })
    }
    return ranges
  })
}

interface Options {
  readonly columns?: readonly string[]
  readonly signal?: AbortSignal
}

async function read(stores: Stores, split: Split, format: ReadFormat = TEXT, options: Options = {}) {
  const counters: ReadCounters = { bytesIn: 0, gets: 0, invalidText: 0 }
  const records: unknown[] = []
  const signal = options.signal ?? new AbortController().signal
  for await (const batch of readSplit(split, format, { stores, counters, ...options, signal })) {
    for (const record of recordsOf(batch)) records.push(record)
  }
  return { records, counters }
}

async function failure(action: Promise<unknown>): Promise<DunlinError> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof DunlinError)) throw new Error(`not a DunlinError: ${String(error)}`)
  return error
}

async function readFile(dir: Scratch, name: string, format: ReadFormat = TEXT) {
  return read(dir.stores, { ranges: rangesOf(await list(dir, [name])) }, format)
}

describe('reading a split', () => {
  test('any files, cut anywhere: every line once, in order', async () => {
    const line = fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.nat(3000).map(n => 'é'.repeat(n)),
    )
    const file = fc.array(
      line.map(text => text.replace(/[\r\n]/g, '')),
      { maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(file, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 60, max: 2000 }),
        async (files, bytes) => {
          const dir = scratch()
          files.forEach((lines, i) => {
            const text = lines.map(one => `${one}\n`).join('')
            const name = `${String(i).padStart(2, '0')}.txt`
            if (i % 5 === 3) dir.file(`${name}.gz`, gzipSync(text))
            else dir.file(name, text)
          })
          const ranges = rangesOf(await list(dir, ['.']), bytes)
          const perTask = await Promise.all(ranges.map(range => read(dir.stores, { ranges: [range] })))
          expect(perTask.flatMap(task => task.records)).toEqual(files.flat())
          expect((await read(dir.stores, { ranges })).records).toEqual(files.flat())
        },
      ),
      { numRuns: 25 },
    )
  })

  test('a line far longer than its split is read to its end', async () => {
    const dir = scratch()
    const long = 'x'.repeat(3_000_000)
    dir.file('a.txt', `short\n${long}\nend`)
    const ranges = rangesOf(await list(dir, ['a.txt']), 1000)
    const { records, counters } = await read(dir.stores, { ranges: ranges.slice(0, 1) })
    expect(records.map(record => (record as string).length)).toEqual([5, 3_000_000])
    // One request for the split, then 256 KB, 1 MB, and the rest; and one look at the object.
    expect(counters.gets).toBe(5)
    expect((await read(dir.stores, { ranges: ranges.slice(1) })).records).toEqual(['end'])
  })

  test('a split reads little past its end', async () => {
    const dir = scratch()
    dir.file('a.txt', 'one line of text\n'.repeat(200_000))
    const [first] = rangesOf(await list(dir, ['a.txt']), 1 << 20)
    const { counters } = await read(dir.stores, { ranges: [first!] })
    expect(counters.gets).toBe(2)
    expect(counters.bytesIn).toBe((1 << 20) + (64 << 10))
  })

  test('gzip and zstd, one member or many, cut at any byte of the store', async () => {
    const dir = scratch()
    const texts = Array.from({ length: 5 }, (_, i) => `file part ${i}\n`.repeat(20_000 * i))
    dir.file('many.txt.gz', Buffer.concat(texts.map(text => gzipSync(text))))
    dir.file(
      'padded.txt.gz',
      Buffer.concat([gzipSync('a\n'), Buffer.alloc(1000), gzipSync('b\n'), Buffer.alloc(1)]),
    )
    dir.file('many.txt.zst', Buffer.concat(texts.map(text => zstdCompressSync(text))))
    const lines = texts.join('').split('\n').slice(0, -1)
    expect((await readFile(dir, 'many.txt.gz')).records).toEqual(lines)
    expect((await readFile(dir, 'many.txt.zst')).records).toEqual(lines)
    expect((await readFile(dir, 'padded.txt.gz')).records).toEqual(['a', 'b'])
    for (const [name, compress] of [
      ['small.txt.gz', gzipSync],
      ['small.txt.zst', zstdCompressSync],
    ] as const) {
      const small = Buffer.concat(['a\nb\n', '', 'c\n', '', '', 'd'].map(text => compress(text)))
      dir.file(name, small)
      const ranges = rangesOf(await list(dir, [name]))
      for (let pieceBytes = 1; pieceBytes <= small.length; pieceBytes++) {
        const store = replaced(dir.stores.open(dir.uri), {
          async *stream() {
            for (let at = 0; at < small.length; at += pieceBytes) yield small.subarray(at, at + pieceBytes)
          },
        })
        expect((await read({ open: () => store }, { ranges })).records).toEqual(['a', 'b', 'c', 'd'])
      }
    }
  })

  test.each([
    ['cut short', 'gz', (bytes: Buffer) => bytes.subarray(0, bytes.length - 9)],
    ['cut short', 'zst', (bytes: Buffer) => bytes.subarray(0, bytes.length - 9)],
    ['cut after its header', 'zst', (bytes: Buffer) => bytes.subarray(0, 7)],
    ['not compressed', 'gz', () => Buffer.from('plain text')],
    ['not compressed', 'zst', () => Buffer.from('plain text')],
    ['empty', 'gz', () => Buffer.alloc(0)],
    ['followed by other bytes', 'gz', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('garbage')])],
    ['followed by other bytes', 'zst', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('garbage')])],
    [
      'flipped',
      'gz',
      (bytes: Buffer) => Buffer.from(bytes.map((b, i) => (i === bytes.length - 6 ? b ^ 1 : b))),
    ],
  ])('a compressed file that is %s (%s) is an error that names it', async (_what, kind, spoil) => {
    const dir = scratch()
    const text = Array.from({ length: 5000 }, (_, i) => `line ${i} ${Math.sin(i)}\n`).join('')
    const whole = kind === 'gz' ? gzipSync(text) : zstdCompressSync(text)
    const path = dir.file(`a.txt.${kind}`, spoil(whole))
    const error = await failure(readFile(dir, `a.txt.${kind}`))
    expect(error).toMatchObject({ code: 'BAD_RECORD', retryable: false, place: { at: path } })
    expect(error.message).toContain(`${path} cannot be decompressed: `)
  })

  test('a line that is not JSON is an error with file and line, in any split and compression', async () => {
    const dir = scratch()
    const lines = Array.from({ length: 500 }, (_, i) => (i === 321 ? '{"i": oops}' : `{"i":${i}}`))
    const text = `${lines.join('\r\n')}\n`
    const path = dir.file('a.jsonl', text)
    dir.file('b.jsonl.gz', gzipSync(text))
    const ranges = rangesOf(await list(dir, ['a.jsonl']), 700)
    const outcomes = await Promise.allSettled(
      ranges.map(range => read(dir.stores, { ranges: [range] }, { format: 'jsonl' })),
    )
    const failed = outcomes.filter(outcome => outcome.status === 'rejected')
    expect(failed.length).toBe(1)
    expect(failed[0]!.reason).toMatchObject({
      code: 'BAD_RECORD',
      place: { at: `${path}:322`, record: expect.stringContaining('oops') },
    })
    expect((await failure(readFile(dir, 'b.jsonl.gz', { format: 'jsonl' }))).place.at).toBe(
      `${dir.path}/b.jsonl.gz:322`,
    )
  })

  test('invalid UTF-8 is counted, or refused with file and line', async () => {
    const dir = scratch()
    const path = dir.file('a.txt', Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a]))
    const { records, counters } = await readFile(dir, 'a.txt')
    expect(records).toEqual(['a', '\uFFFD\uFFFD'])
    expect(counters.invalidText).toBe(2)
    const error = await failure(readFile(dir, 'a.txt', { format: 'text', onInvalid: 'fail' }))
    expect(error).toMatchObject({ code: 'BAD_RECORD', place: { at: `${path}:2` } })
  })

  test('an object that changed, or is gone, since it was listed is an error', async () => {
    const dir = scratch()
    const path = dir.file('a.txt', 'one\ntwo\n')
    const ranges = rangesOf(await list(dir, ['a.txt']))
    appendFileSync(path, 'three\n')
    expect(await failure(read(dir.stores, { ranges }))).toMatchObject({
      code: 'CORRUPT',
      message: `${path} changed while the job ran`,
    })
    unlinkSync(path)
    expect((await failure(read(dir.stores, { ranges }))).code).toBe('NOT_FOUND')
  })

  test('what the store throws comes through: an unreadable file', async () => {
    const dir = scratch()
    dir.file('a.txt', 'one\n')
    const ranges = rangesOf(await list(dir, ['a.txt']))
    const denied = new DunlinError('ACCESS_DENIED', 'cannot read it: permission denied')
    const store = replaced(dir.stores.open(dir.uri), {
      // biome-ignore lint/correctness/useYield: it fails before the first piece
      async *stream() {
        throw denied
      },
    })
    expect(await failure(read({ open: () => store }, { ranges }))).toBe(denied)
  })

  test('a reader that stops early leaves no stream open', async () => {
    const dir = scratch()
    for (let i = 0; i < 20; i++) dir.file(`${i}.txt`, 'some text\n'.repeat(1000))
    let open = 0
    const real = dir.stores.open(dir.uri)
    const store = replaced(real, {
      async *stream(...args: Parameters<ObjectStore['stream']>) {
        open++
        try {
          yield* real.stream(...args)
        } finally {
          open--
        }
      },
    })
    const split = { ranges: rangesOf(await list(dir, ['.'])) }
    const counters: ReadCounters = { bytesIn: 0, gets: 0, invalidText: 0 }
    const signal = new AbortController().signal
    for await (const batch of readSplit(split, TEXT, { stores: { open: () => store }, counters, signal })) {
      expect(batch.length).toBe(1000)
      break
    }
    expect(open).toBe(0)
    // Not all of them were opened for the sake of the first.
    expect(counters.gets).toBeLessThan(40)
  })

  test('an aborted signal ends the reading', async () => {
    const dir = scratch()
    dir.file('a.txt', 'text\n'.repeat(1_000_000))
    const signal = AbortSignal.abort()
    const ranges = rangesOf(await list(dir, ['a.txt']))
    expect((await failure(read(dir.stores, { ranges }, TEXT, { signal }))).code).toBe('CANCELLED')
  })

  test.each([
    { name: 'text', format: TEXT, lent: false, reused: true },
    { name: 'lines that are lent', format: TEXT, lent: true, reused: true },
    { name: 'records', format: { format: 'records', length: 100 } as const, lent: false, reused: false },
    {
      name: 'records that are lent',
      format: { format: 'records', length: 100 } as const,
      lent: true,
      reused: true,
    },
  ])('$name are right where the store writes to lent memory again', async ({ format, lent, reused }) => {
    const dir = scratch()
    const line = (i: number): string => `${String(i).padStart(99, '.')}\n`
    dir.file('a', Array.from({ length: 40_000 }, (_, i) => line(i)).join(''))
    const ranges = rangesOf(await list(dir, ['a']))
    const real = dir.stores.open(dir.uri)
    let again = 0
    const store = replaced(real, {
      async *stream(key, range, options) {
        for await (const piece of real.stream(key, range, options)) {
          yield piece
          if (options?.lent !== true) continue
          again++
          piece.fill(33)
        }
      },
    })
    const counters: ReadCounters = { bytesIn: 0, gets: 0, invalidText: 0 }
    const { signal } = new AbortController()
    const options = { stores: { open: () => store }, counters, signal, lent }
    const kept: Batch[] = []
    const seen: string[] = []
    const textOf = (record: unknown): string =>
      typeof record === 'string'
        ? `${record}\n`
        : Buffer.from((record as { value: Uint8Array }).value).toString()
    for await (const batch of readSplit({ ranges }, format, options)) {
      seen.push(...recordsOf(batch).map(textOf))
      kept.push(batch)
    }
    const expected = Array.from({ length: 40_000 }, (_, i) => line(i))
    assert.deepEqual(seen, expected)
    if (!lent) assert.deepEqual(kept.flatMap(recordsOf).map(textOf), expected)
    expect(again > 0).toBe(reused)
  })

  describe('of fixed-length records', () => {
    const RECORDS = { format: 'records', length: 100, key: [0, 10] } as const
    const bytes = new Uint8Array(100 * 5000).map((_, i) => (i * 7) >> 2)
    const values = (records: readonly unknown[]): Uint8Array =>
      Buffer.concat(records.map(record => (record as { value: Uint8Array }).value))

    test('gives each record once, of any splits, whole files and compressed ones', async () => {
      const dir = scratch()
      dir.file('a.bin', bytes)
      dir.file('b.bin.gz', gzipSync(bytes))
      dir.file('c.bin.zst', zstdCompressSync(bytes))
      dir.file('d.bin', '')
      const listing = await list(dir, ['*'])
      for (const splitBytes of [999, 1000, 12_345, 10_000_000]) {
        const ranges = rangesOf(listing, splitBytes)
        const { records } = await read(dir.stores, { ranges }, RECORDS)
        expect(records).toHaveLength(15_000)
        expect(Buffer.compare(values(records), Buffer.concat([bytes, bytes, bytes]))).toBe(0)
      }
    })

    test('reads no byte twice, and none that it does not need', async () => {
      const dir = scratch()
      dir.file('a.bin', bytes)
      const ranges = rangesOf(await list(dir, ['a.bin']), 33_333)
      const tasks = await Promise.all(ranges.map(range => read(dir.stores, { ranges: [range] }, RECORDS)))
      expect(tasks.reduce((sum, { counters }) => sum + counters.bytesIn, 0)).toBe(bytes.length)
      // The last split lies inside the last record: the object is looked at, and not read.
      expect(tasks.map(({ counters }) => counters.gets)).toEqual([...new Array<number>(15).fill(2), 1])
    })

    test.each([
      ['a.bin', (torn: Uint8Array) => torn],
      ['a.bin.gz', (torn: Uint8Array) => gzipSync(torn)],
      ['a.bin.zst', (torn: Uint8Array) => zstdCompressSync(torn)],
    ])('says where %s is cut short, once', async (name, pack) => {
      const dir = scratch()
      const path = dir.file(name, pack(bytes.subarray(0, 400_042)))
      const ranges = rangesOf(await list(dir, [name]), 50_000)
      const outcomes = await Promise.allSettled(
        ranges.map(range => read(dir.stores, { ranges: [range] }, RECORDS)),
      )
      const failed = outcomes.filter(outcome => outcome.status === 'rejected')
      expect(failed.map(({ reason }) => reason)).toMatchObject([
        {
          code: 'BAD_RECORD',
          message: `${path} ends inside a record: the record at byte 400000 has 42 of its 100 bytes`,
          place: { at: `${path} at byte 400000` },
        },
      ])
    })
  })

  test('range(n) is numbers, the same however it is split', async () => {
    const format = { format: 'range', start: 0.5, step: 0.1 } as const
    const range = (start: number, end: number): SplitRange => ({
      root: '',
      key: '',
      start,
      end,
      size: 100_000,
      version: '',
    })
    const dir = scratch()
    const whole = (await read(dir.stores, { ranges: [range(0, 100_000)] }, format)).records
    expect(whole.length).toBe(100_000)
    expect(whole[99_999]).toBe(0.5 + 99_999 * 0.1)
    const parts = [range(0, 3), range(3, 70_000), range(70_000, 100_000)]
    expect((await read(dir.stores, { ranges: parts }, format)).records).toEqual(whole)
  })

  test('a hundred small files cost two requests each', async () => {
    const dir = scratch()
    for (let i = 0; i < 100; i++) dir.file(`${String(i).padStart(3, '0')}.txt`, `${i}\n`)
    const { records, counters } = await read(dir.stores, { ranges: rangesOf(await list(dir, ['.'])) })
    expect(records).toEqual(Array.from({ length: 100 }, (_, i) => String(i)))
    expect(counters.gets).toBe(200)
  })
})

/** Fixed-length records through whole jobs: every verb gives what the array of them gives. */
import { count, type Dataset, type FixedRecord, from, read } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from './workplace.ts'

const COUNT = 3000

/** Twelve bytes: a key of two from few, and a number of its own. */
const texts = Array.from(
  { length: COUNT },
  (_, i) => `${String.fromCharCode(97 + ((i * 7) % 13))}${i % 3}-${String(i).padStart(8, '0')}\n`,
)
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const keyOf = (value: string): string => value.slice(0, 2)
const byKey = (a: string, b: string): number => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0)

describe('fixed-length records', () => {
  let place: Workplace
  let records: Dataset<FixedRecord>
  const read3 = (splitBytes = 10_007) => read.records('in/*', { length: 12, key: [0, 2], splitBytes })
  const run = { get engine() { return place.engine({ isolation: 'inline' }) } } // biome-ignore format: short
  const valuesOf = async (dataset: Dataset<FixedRecord>): Promise<string[]> =>
    (await dataset.collect(run)).map(record => text(record.value))

  beforeAll(async () => {
    place = await workplace()
    for (const [i, end] of [1000, 1001, COUNT].entries())
      await place.write(`in/${i}.dat`, texts.slice([0, 1000, 1001][i], end).join(''))
    records = read3()
  })
  afterAll(() => place.close())

  it('are read whole, with their keys', async () => {
    const all = await records.collect(run)
    expect(all.map(({ value }) => text(value))).toEqual(texts)
    expect(all.map(({ key }) => text(key))).toEqual(texts.map(keyOf))
    expect((await records.take(3, run)).map(({ value }) => text(value))).toEqual(texts.slice(0, 3))
    expect(await records.count(run)).toBe(COUNT)
  })

  it('are written as they were read, filtered ones too, through threads as well', async () => {
    const engine = place.engine({ isolation: 'thread' })
    await records
      .filter(({ key, value }) => key[1] !== 48 && value[10] !== 53)
      .write.records('kept/')
      .run({ engine })
    const names = await place.names('kept')
    expect(names.filter(name => name.startsWith('part-')).every(name => name.endsWith('.bin'))).toBe(true)
    const expected = texts.filter(one => one[1] !== '0' && one[10] !== '5')
    expect(await place.output('kept')).toBe(expected.join(''))
  })

  it('are sorted by key, stably, and by a function', async () => {
    const sorted = texts.toSorted(byKey)
    const byColumn = records.sortBy('key').with({ partitions: 3 })
    expect(await valuesOf(byColumn)).toEqual(sorted)
    expect(await valuesOf(records.sortBy('key', 'desc'))).toEqual(texts.toSorted((a, b) => byKey(b, a)))
    const byFunction = records.sortBy(({ value }) => value[1]!).with({ partitions: 3 })
    expect(await valuesOf(byFunction)).toEqual(texts.toSorted((a, b) => a.charCodeAt(1) - b.charCodeAt(1)))
    await byFunction.write.records('by-function/').run(run)
    expect(await place.output('by-function')).toBe(
      texts.toSorted((a, b) => a.charCodeAt(1) - b.charCodeAt(1)).join(''),
    )
    expect((await records.top(2, 'key', 'asc').collect(run)).map(r => text(r.value))).toEqual(
      sorted.slice(0, 2),
    )
  })

  it('are grouped and counted by key', async () => {
    const groups = await records.groupBy('key').aggregate({ n: count() }).collect(run)
    const expected = new Map<string, number>()
    for (const one of texts) expected.set(keyOf(one), (expected.get(keyOf(one)) ?? 0) + 1)
    expect(new Map(groups.map(({ key, n }) => [text(key), n]))).toEqual(expected)
    const filtered = await records
      .filter(({ key }) => key[0] === 97)
      .groupBy('key')
      .aggregate({ n: count() })
      .collect(run)
    expect(filtered.map(({ key }) => text(key)).sort()).toEqual(['a0', 'a1', 'a2'])
  })

  it('are told apart whole, or by key', async () => {
    const twice = read.records(['in/*', 'in/0.dat'], { length: 12, key: [0, 2], splitBytes: 5000 })
    expect((await valuesOf(twice.distinct())).sort()).toEqual(texts.toSorted())
    await twice.distinct().with({ partitions: 1 }).write.records('distinct/').run(run)
    expect(((await place.output('distinct')).match(/.{11}\n/g) ?? []).sort()).toEqual(texts.toSorted())
  })

  it('meet others of their kind, and no others', async () => {
    const both = records.union(read3(999).filter(({ key }) => key[0] === 98))
    expect(await valuesOf(both)).toEqual([...texts, ...texts.filter(one => one[0] === 'b')])
    const other = read.records('in/1.dat', { length: 6, key: [0, 2] })
    await expect(records.union(other).collect(run)).rejects.toMatchObject({ code: 'TYPE_MISMATCH' })
  })

  it('give their columns, and their bytes as text formats have them', async () => {
    const selected = await records.select('key').take(2, run)
    expect(selected.map(({ key }) => text(key))).toEqual(texts.slice(0, 2).map(keyOf))
    const mapped = await records.map(({ key, value }) => text(key) + value.length).take(1, run)
    expect(mapped).toEqual([`${keyOf(texts[0]!)}12`])
    await read3(1e6).limit(1).write.csv('csv/').run(run)
    const base64 = Buffer.from(texts[0]!).toString('base64')
    expect(await place.output('csv')).toBe(`value\n${base64}\n`)
    await read3(1e6).limit(1).write.jsonl('jsonl/').run(run)
    expect(await place.output('jsonl')).toBe(`{"value":"${base64}"}\n`)
  })

  it('are made of bytes, and refused where they are not all of one length', async () => {
    await from(texts.slice(0, 5))
      .map(one => new TextEncoder().encode(one))
      .write.records('made/')
      .run(run)
    expect(await place.output('made')).toBe(texts.slice(0, 5).join(''))
    const uneven = from(['ab', 'abc']).map(one => new TextEncoder().encode(one))
    await expect(uneven.write.records('uneven/').run(run)).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
      message: expect.stringContaining('one of 2 bytes and one of 3'),
    })
  })

  it('that are cut short end the job, and the file is named', async () => {
    await place.write('torn/a.dat', 'x'.repeat(100))
    await expect(read.records('torn/', { length: 12 }).count(run)).rejects.toMatchObject({
      code: 'BAD_RECORD',
      place: { at: `${place.path('torn/a.dat')} at byte 96` },
    })
  })
})

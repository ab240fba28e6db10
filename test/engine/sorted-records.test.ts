import { readFile } from 'node:fs/promises'
import { from, read } from 'dunlin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

describe('fixed-length records', () => {
  const LENGTH = 20
  const COUNT = 30_000
  const input = (): Uint8Array => {
    const bytes = new Uint8Array(LENGTH * COUNT)
    let state = 1
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      // Few values in the key, so that it has many ties.
      bytes[i] = i % LENGTH < 6 && i % LENGTH >= 4 ? (state >>> 16) % 40 : state >>> 16
    }
    return bytes
  }
  const output = async (name: string): Promise<Buffer> => {
    const parts = (await place.names(name)).filter(part => part.startsWith('part'))
    return Buffer.concat(await Promise.all(parts.map(part => readFile(place.path(name, part)))))
  }

  it('are sorted by their key from file to file, stably, also beyond the budget', async () => {
    const bytes = input()
    await place.write('records/a.bin', bytes.subarray(0, LENGTH * 11_111))
    await place.write('records/b.bin', bytes.subarray(LENGTH * 11_111))
    const model = Array.from({ length: COUNT }, (_, i) =>
      Buffer.from(bytes.subarray(i * LENGTH, (i + 1) * LENGTH)),
    ).sort((a, b) => Buffer.compare(a.subarray(4, 6), b.subarray(4, 6)))
    const expected = Buffer.concat(model)
    for (const [i, memoryMb] of [256, 1].entries()) {
      const records = read.records('records/', { length: LENGTH, key: [4, 2], splitBytes: 100_000 })
      await records
        .sortBy('key')
        .with({ partitions: 3, memoryMb })
        .write.records(`records-${i}/`)
        .run({ engine: place.engine() })
      expect(Buffer.compare(await output(`records-${i}`), expected)).toBe(0)
    }
  })

  it('are objects to functions, columns to verbs, and bytes again when they are written', async () => {
    const engine = place.engine({ isolation: 'inline' })
    await place.write('few.bin', Buffer.from('b1a2b3c4'))
    const few = read.records('few.bin', { length: 2, key: [0, 1] })
    const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
    const both = await few
      .map(({ key, value }) => String.fromCharCode(...key, 32, ...value))
      .collect({ engine })
    expect(both).toEqual(['b b1', 'a a2', 'b b3', 'c c4'])
    expect((await few.collect({ engine })).map(({ key, value }) => [text(key), text(value)])).toEqual([
      ['b', 'b1'],
      ['a', 'a2'],
      ['b', 'b3'],
      ['c', 'c4'],
    ])
    const firsts = await few.distinct('key').collect({ engine })
    expect(firsts.map(({ value }) => text(value)).sort()).toEqual(['a2', 'b1', 'c4'])
    const whole = await read.records('few.bin', { length: 2 }).top(1, 'key').collect({ engine })
    expect(whole.map(({ key }) => text(key))).toEqual(['c4'])
    await few
      .map(({ value }) => value.toReversed())
      .write.records('reversed/')
      .run({ engine })
    expect((await output('reversed')).toString()).toBe('1b2a3b4c')
  })

  it('of a file that is not made of them are refused, as are lengths and keys that cannot be', async () => {
    const engine = place.engine({ isolation: 'inline' })
    await place.write('odd.bin', Buffer.from('abc'))
    await expect(read.records('odd.bin', { length: 2 }).count({ engine })).rejects.toMatchObject({
      code: 'BAD_RECORD',
    })
    const records = read.records as (uri: string, options?: unknown) => unknown
    for (const options of [
      undefined,
      {},
      { length: 0 },
      { length: 1.5 },
      { length: 4, key: [0, 5] },
      { length: 4, key: [4, 1] },
      { length: 4, key: [-1, 1] },
      { length: 4, key: [0, 0] },
      { length: 4, key: 2 },
      { length: 4, keys: [0, 1] },
    ]) {
      expect(() => records('odd.bin', options), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
      )
    }
    const uneven = from([new Uint8Array(2), new Uint8Array(3)]).write.records('uneven/')
    await expect(uneven.run({ engine })).rejects.toMatchObject({ code: 'TYPE_MISMATCH' })
  })
})

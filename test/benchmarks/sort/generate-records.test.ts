/** Generated records are those that gensort publishes, from any record on, and keys are distributed as is said. */
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DISTRIBUTIONS, type Distribution } from '../../../benchmarks/sort/distributed-keys.ts'
import { generateRecords, type RecordsOptions } from '../../../benchmarks/sort/generate-records.ts'
import { nextRandom, randomBefore } from '../../../benchmarks/sort/random128.ts'

function made(start: number, count: number, options: RecordsOptions = {}): Buffer {
  const out = new Uint8Array(100 * count)
  generateRecords({ start, count, out, ...options })
  return Buffer.from(out.buffer)
}

function keysOf(records: Buffer): string[] {
  return Array.from({ length: records.length / 100 }, (_, i) =>
    records.toString('latin1', 100 * i, 100 * i + 10),
  )
}

function checksum(records: Buffer): string {
  let sum = 0n
  for (let at = 0; at < records.length; at += 100) sum += BigInt(crc32(records.subarray(at, at + 100)))
  return sum.toString(16)
}

const numberOf = (limbs: Float64Array): bigint =>
  limbs.reduceRight((number, limb) => (number << 24n) | BigInt(limb), 0n)

describe('the random numbers', () => {
  test('are a x + c modulo 2^128, by any number of steps at once', () => {
    const [a, c] = [0x2360ed051fc65da44385df649fccf645n, 0x4a696d47726179524950202020202001n]
    const limbs = randomBefore(0)
    let number = 0n
    for (let record = 0; record < 3000; record++) {
      if (record % 97 === 0) expect(numberOf(randomBefore(record))).toBe(number)
      nextRandom(limbs)
      number = (a * number + c) & ((1n << 128n) - 1n)
      expect(numberOf(limbs)).toBe(number)
    }
  })

  test('can begin past 2^32, where steps and skips agree', () => {
    const start = 2 ** 40 + 12345
    const limbs = randomBefore(start)
    for (let i = 0; i < 1000; i++) nextRandom(limbs)
    expect(limbs).toEqual(randomBefore(start + 1000))
  })
})

describe('records', () => {
  test('have the published layout', () => {
    expect(made(0, 2, { ascii: true }).toString('latin1')).toBe(
      'AsfAGHM5om  00000000000000000000000000000000  0000222200002222000022220000222200002222000000001111\r\n' +
        '~sHd0jDv6X  00000000000000000000000000000001  77779999444488885555CCCC777755555555BBBB666644446666\r\n',
    )
    const binary = made(0, 1)
    expect(binary.subarray(0, 12).toString('hex')).toBe(`${Buffer.from('JimGrayRIP').toString('hex')}0011`)
    expect(binary.toString('latin1', 12, 44)).toBe('0'.repeat(32))
    expect(binary.subarray(44, 48).toString('hex')).toBe('8899aabb')
    expect(binary.toString('latin1', 48, 96)).toBe('222200002222000022220000222200002222000000001111')
    expect(binary.subarray(96).toString('hex')).toBe('ccddeeff')
  })

  test('number themselves in hexadecimal digits, past 2^32 too', () => {
    const start = 0x1a_bcde_f012
    expect(made(start, 1).toString('latin1', 12, 44)).toBe('00000000000000000000001ABCDEF012')
    expect(made(start, 1, { ascii: true }).toString('latin1', 12, 44)).toBe(
      '00000000000000000000001ABCDEF012',
    )
  })

  test('have the published checksums', () => {
    // `gensort -a 163840` by valsort, and the 1,000,000 rows of Hadoop's TeraGen by TeraValidate.
    expect(checksum(made(0, 163_840, { ascii: true }))).toBe('1400fed7bb2c2')
    expect(checksum(made(0, 1_000_000))).toBe('7a27e2d0d55de')
  })

  test('are the same in one go and in any ranges', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DISTRIBUTIONS),
        fc.boolean(),
        fc.nat(3),
        fc.oneof(fc.nat(1000), fc.integer({ min: 2 ** 33, max: 2 ** 34 })),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(50),
        (distribution, ascii, seed, start, count, at) => {
          const options = { distribution, ascii, seed }
          const whole = made(start, count, options)
          const cut = Math.min(at, count)
          const parts = [made(start, cut, options), made(start + cut, count - cut, options)]
          expect(Buffer.compare(Buffer.concat(parts), whole)).toBe(0)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('of another seed are others, evenly distributed', () => {
    const keys = [0, 1, 2, 2 ** 40].flatMap(seed => keysOf(made(0, 5000, { seed })))
    expect(new Set(keys).size).toBe(20_000)
    const firstBytes = new Array<number>(16).fill(0)
    for (const key of keys) firstBytes[key.charCodeAt(0) >> 4]!++
    for (const count of firstBytes) expect(Math.abs(count - 20_000 / 16)).toBeLessThan(250)
  })
})

describe.each([false, true])('keys (of printable characters: %s)', ascii => {
  const count = 20_000
  const keys = (distribution: Distribution, start = 0) => keysOf(made(start, count, { distribution, ascii }))
  const counts = (all: readonly string[]) => {
    const times = new Map<string, number>()
    for (const key of all) times.set(key, (times.get(key) ?? 0) + 1)
    return [...times.values()].sort((a, b) => b - a)
  }

  test('uniform: hardly one stands twice', () => {
    expect(new Set(keys('uniform')).size).toBe(count)
  })

  test('skewed: half of the records share 20 keys about evenly, the rest hardly one', () => {
    const times = counts(keys('skewed'))
    expect(times.slice(0, 20).reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(count / 2)
    for (const n of times.slice(0, 20)) expect(Math.abs(n - count / 40)).toBeLessThan(150)
    expect(times[20]).toBe(1)
  })

  test('prefixes: a quarter stays as it was, the others begin like one of few keys', () => {
    const uniform = keys('uniform')
    const prefixed = keys('prefixes')
    const same = prefixed.filter((key, i) => key === uniform[i]).length
    expect(same / count).toBeGreaterThan(0.24)
    expect(same / count).toBeLessThan(0.32)
    // Most records of 2^14 and more borrow from record 15, whose key is uniform's.
    const late = prefixed.slice(2 ** 14)
    const lent = uniform[15]!
    expect(late.filter(key => key[0] === lent[0]).length / late.length).toBeGreaterThan(0.55)
    const lending = (bytes: number) => late.filter(key => key.startsWith(lent.slice(0, bytes))).length
    expect(lending(6)).toBeGreaterThan(0)
    expect(lending(7)).toBeLessThanOrEqual(lending(6) / 10)
    expect(new Set(prefixed).size).toBeGreaterThan(count * 0.98)
  })

  test('equal: one key', () => {
    expect(new Set(keys('equal')).size).toBe(1)
  })

  test('sorted and reversed: in strict order, from any record on', () => {
    for (const start of [0, 2 ** 32 - 10, 2 ** 45]) {
      const sorted = keys('sorted', start)
      expect(sorted.every((key, i) => i === 0 || sorted[i - 1]! < key)).toBe(true)
      const reversed = keys('reversed', start)
      expect(reversed.every((key, i) => i === 0 || reversed[i - 1]! > key)).toBe(true)
    }
  })

  test('change nothing but the keys, and stay printable', () => {
    const bodies = DISTRIBUTIONS.map(distribution => {
      const records = made(5, 300, { distribution, ascii })
      if (ascii) expect(keysOf(records).every(key => /^[ -~]{10}$/.test(key))).toBe(true)
      for (let at = 0; at < records.length; at += 100) records.fill(0, at, at + 10)
      return records.toString('latin1')
    })
    expect(new Set(bodies).size).toBe(1)
  })
})

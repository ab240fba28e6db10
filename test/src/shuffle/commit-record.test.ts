import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCommit, encodeCommit } from '../../../src/shuffle/commit-record.ts'
import type { TaskSuccess } from '../../../src/task/task-event.ts'

const success: TaskSuccess = {
  ok: true,
  attempt: 2,
  nonce: '0123456789abcdef',
  generation: 0,
  exchangeRowsIn: 7,
  rowsOut: 3,
  schema: { shape: 'scalar', fields: [{ name: 'value', type: { kind: 'utf8' } }] },
  stats: {
    rowsIn: 7,
    rowsOut: 3,
    bytesIn: 1,
    bytesOut: 2,
    spilledBytes: 0,
    peakMemoryBytes: 0,
    gets: 3,
    puts: 4,
    durationMs: 5,
    invalidText: 6,
  },
  counters: { ünïcode: 1 },
  logs: [],
}

const slices = fc.uniqueArray(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 20 }).chain(partitions =>
  fc.tuple(
    ...partitions
      .sort((a, b) => a - b)
      .map(partition =>
        fc.record({
          partition: fc.constant(partition),
          entry: fc.record({
            offset: fc.maxSafeNat(),
            byteLength: fc.maxSafeNat(),
            crc32: fc.nat({ max: 2 ** 32 - 1 }),
            rows: fc.nat({ max: 2 ** 32 - 1 }),
          }),
        }),
      ),
  ),
)

describe('a commit record', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(slices, slices => {
        const record = { success, fingerprint: 'f'.repeat(64), slices }
        expect(decodeCommit(encodeCommit(record), 'x')).toEqual(record)
      }),
    )
  })

  it('is refused when any one byte of it differs, or when it is cut', () => {
    const bytes = encodeCommit({
      success,
      fingerprint: 'f'.repeat(64),
      slices: [{ partition: 1, entry: { offset: 8, byteLength: 2, crc32: 3, rows: 3 } }],
    })
    for (let i = 0; i < bytes.length; i++) {
      const damaged = Uint8Array.from(bytes)
      damaged[i]! ^= 1 << (i % 8)
      expect(() => decodeCommit(damaged, 'mem://x'), `byte ${i}`).toThrow(
        'mem://x is not an intact commit record',
      )
      expect(() => decodeCommit(bytes.subarray(0, i), 'mem://x'), `cut at ${i}`).toThrow(
        'not an intact commit',
      )
    }
  })
})

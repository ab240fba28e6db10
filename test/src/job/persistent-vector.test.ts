/** PersistentVector against an array. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PersistentVector } from '../../../src/job/persistent-vector.ts'

type Step = { kind: 'push'; value: number } | { kind: 'set'; at: number; value: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), value: fc.integer() }),
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(), value: fc.integer() }),
)

describe('PersistentVector', () => {
  test('does what an array does, and leaves every earlier version as it was', () => {
    // Lengths around the ends of nodes: 32, 32 × 32 and 32 × 32 × 32.
    const length = fc.oneof(
      fc.nat(70),
      fc.integer({ min: 1020, max: 1030 }),
      fc.integer({ min: 32760, max: 32775 }),
    )
    fc.assert(
      fc.property(length, fc.array(step, { maxLength: 60 }), (start, steps) => {
        const versions: { vector: PersistentVector<number>; array: number[] }[] = []
        let vector = PersistentVector.filled(start, -1)
        let array = new Array<number>(start).fill(-1)
        for (const s of steps) {
          versions.push({ vector, array })
          if (s.kind === 'push') {
            vector = vector.push(s.value)
            array = [...array, s.value]
          } else if (array.length > 0) {
            vector = vector.set(s.at % array.length, s.value)
            array = array.with(s.at % array.length, s.value)
          }
        }
        versions.push({ vector, array })
        for (const v of versions.slice(-3).concat(versions.slice(0, 2))) {
          expect(v.vector.length).toBe(v.array.length)
          expect([...v.vector]).toEqual(v.array)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('grows from nothing by pushes', () => {
    let vector = PersistentVector.empty<number>()
    for (let i = 0; i < 2100; i++) vector = vector.push(i)
    expect([...vector]).toEqual(Array.from({ length: 2100 }, (_, i) => i))
  })

  test('shares all but one path between versions', () => {
    const before = PersistentVector.filled(100_000, 'a')
    const after = before.set(77_777, 'b')
    const unshared = after.root.filter((node, i) => node !== before.root[i])
    expect(unshared).toHaveLength(1)
  })

  test('refuses an index outside', () => {
    const vector = PersistentVector.filled(40, 0)
    for (const index of [-1, 40, 63, Number.NaN]) {
      expect(() => vector.get(index)).toThrow(RangeError)
      expect(() => vector.set(index, 1)).toThrow(RangeError)
    }
  })
})

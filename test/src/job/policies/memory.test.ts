/** Out of memory: one task climbs the sizes that there are, and the last failure says what to do. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstMemoryMb } from '../../../../planner/index.ts'
import { afterOutOfMemory } from '../../../../src/job/policies/memory.ts'
import { failure } from '../plans.ts'

const full = failure('OUT_OF_MEMORY', {
  retryable: true,
  message: 'worker thread 3 ran out of its heap',
}).failure
const demand = {
  stage: { id: 3, title: 'Final count → Write csv' },
  task: 17,
  partition: 17,
  bytes: 1_234_567_890,
}
const decided = (sizesMb: readonly number[], triedMb: number, outOfMemory = 1) =>
  afterOutOfMemory({ failure: full, triedMb, outOfMemory, sizesMb, demand })

test('a task starts with the smallest size that is enough for its stage', () => {
  expect(firstMemoryMb([2_048, 4_096, 8_192], 256)).toBe(2_048)
  expect(firstMemoryMb([2_048, 4_096, 8_192], 3_000)).toBe(4_096)
  expect(firstMemoryMb([2_048], 10_240)).toBe(2_048)
})

test('after each failure it is given the next size, up to the largest', () => {
  expect(decided([512, 1_024, 2_048], 512)).toEqual({ retry: true, memoryMb: 1_024 })
  expect(decided([512, 1_024, 2_048], 1_024, 2)).toEqual({ retry: true, memoryMb: 2_048 })
  expect(decided([512, 1_024, 2_048], 2_048, 3).retry).toBe(false)
})

test('where there is one size only, a fresh worker is tried once', () => {
  expect(decided([512], 512, 1)).toEqual({ retry: true, memoryMb: 512 })
  expect(decided([512], 512, 2).retry).toBe(false)
})

test('it ends after as many failures as there are sizes, or two, with sizes that only grow', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 10_240 }), { minLength: 1, maxLength: 12 }),
      drawn => {
        const sizesMb = drawn.sort((a, b) => a - b)
        let memoryMb = firstMemoryMb(sizesMb, sizesMb[0]!)
        for (let failures = 1; ; failures++) {
          const decision = decided(sizesMb, memoryMb, failures)
          if (!decision.retry) {
            expect(failures).toBe(Math.max(2, sizesMb.length))
            break
          }
          expect(decision.memoryMb).toBeGreaterThanOrEqual(memoryMb)
          memoryMb = decision.memoryMb
        }
      },
    ),
  )
})

describe('the failure that ends it', () => {
  const ended = (
    more: Partial<typeof demand> | { task: null } | { bytes: null } | { partition: null } = {},
  ) => {
    const options = { failure: full, triedMb: 4_096, outOfMemory: 2, sizesMb: [4_096] }
    const decision = afterOutOfMemory({ ...options, demand: { ...demand, ...more } })
    if (decision.retry) throw new Error('it did not end')
    return decision.failure
  }

  test('names stage, partition, its size, the memory that it had, and what to do', () => {
    expect(ended()).toEqual({
      code: 'OUT_OF_MEMORY',
      message:
        'task 17 (partition 17) of stage 3 (Final count → Write csv), which reads 1235 MB, ran out of memory with' +
        ' 4096 MB, the most there is: worker thread 3 ran out of its heap',
      hint:
        'Divide the data into more tasks: .with({ partitions }), or smaller splits by splitBytes; let user functions' +
        ' keep less; or take an engine whose workers can have more than 4096 MB.',
      retryable: false,
      place: { stage: 3, task: 17 },
      causes: [],
    })
  })

  test('leaves out what is not known', () => {
    expect(ended({ bytes: null, partition: null }).message).toMatch(
      /^task 17 of stage 3 \(.*\) ran out of memory/,
    )
    expect(ended({ bytes: 900 }).message).toContain('which reads 900 bytes,')
  })

  test('tells of an exchange index too', () => {
    expect(ended({ task: null, bytes: null }).message).toMatch(/^the exchange index of stage 3/)
    expect(ended({ task: null }).place).toEqual({ stage: 3 })
  })
})

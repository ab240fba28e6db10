import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { admission, worstCaseOf } from '../../../../src/job/policies/cost-limit.ts'
import { slotsWanted } from '../../../../src/job/state.ts'
import { launches, Machine } from '../machine.ts'
import { failure, lost, reader, scan, success, toFiles, toPartitions } from '../plans.ts'

const prices = { perGbSecond: 1, perTask: 0, perGet: 0, perPut: 0, priced: 'here' }
/** A task that took two seconds: a dollar. */
const cheap = (rowsOut = 1) => ({
  ...success({ rowsOut }),
  use: { durationMs: 2_000, gets: 0, puts: 0, lists: 0, deletes: 0 },
})

const machineOf = (maxCost: number, tasks = 8, restored = 0): Machine => {
  const about = restored === 0 ? {} : { restored: { stages: new Map(), spent: restored } }
  const machine = new Machine([scan(0, tasks, toFiles)], {}, { prices }, about, 1, maxCost)
  machine.start()
  return machine
}

test('the worst case of a task is its memory until it is stopped, and the requests that its inputs may take', () => {
  const paid = { perGbSecond: 0, perTask: 3, perGet: 1, perPut: 0 }
  const first = scan(0, 4, toPartitions(2))
  const worst = { stage: reader(1, [first], toFiles), memoryMb: 1_024, timeoutMs: 1_000, slices: 4 }
  expect(worstCaseOf(worst, paid)).toBe(3 + 5 + 2 * 4)
  expect(worstCaseOf({ ...worst, stage: first, slices: 0 }, paid)).toBe(3 + 384)
  expect(worstCaseOf(worst, { ...paid, perTask: 0, perGet: 0, perGbSecond: 1 })).toBe(2)
})

describe('a job that may cost so much', () => {
  // The worst case of a task: half a gigabyte for a minute, and the second that it may be late.
  test('launches as many tasks as may all run to their end, and waits with the others for what they really take', () => {
    const machine = machineOf(100)
    expect(launches(machine.grant(8))).toEqual(['0/0#1', '0/1#1', '0/2#1'])
    expect(slotsWanted(machine.state)).toBe(0)
    machine.finish(0, 0, cheap())
    expect(slotsWanted(machine.state)).toBe(5)
    // A dollar is spent, and two may still take 30.5 each.
    expect(launches(machine.grant(5))).toEqual(['0/3#1'])
  })

  test('ends when it is spent up to where not one more task can be afforded, and says what it has spent', () => {
    const machine = machineOf(32)
    for (let task = 0; task < 2; task++) {
      machine.grant(1)
      machine.finish(0, task, cheap())
    }
    machine.grant(1)
    expect(machine.outcome?.outcome).toMatchObject({
      state: 'failed',
      failure: {
        code: 'MAX_COST',
        message: expect.stringMatching(/has spent \$2, .*stage 0 .*may cost \$30.5 .*maxCost of \$32/),
        hint: expect.stringContaining('--max-cost'),
        retryable: false,
      },
    })
  })

  test('counts what earlier drivers have spent', () => {
    const machine = machineOf(40, 8, 10)
    machine.grant(8)
    expect(machine.outcome?.outcome).toMatchObject({ state: 'failed', failure: { code: 'MAX_COST' } })
    const richer = machineOf(41, 8, 10)
    expect(launches(richer.grant(8))).toEqual(['0/0#1'])
  })

  test('runs all its tasks where that is enough', () => {
    const machine = machineOf(39.5)
    for (let task = 0; task < 8; task++) {
      expect(launches(machine.grant(8))).toEqual([`0/${task}#1`])
      machine.finish(0, task, cheap())
    }
    expect(machine.outcome?.outcome).toEqual({ state: 'succeeded' })
  })
})

test('without prices there is no limit', () => {
  const machine = new Machine([scan(0, 8, toFiles)], {}, {}, {}, 1, 0.001)
  machine.start()
  expect(launches(machine.grant(8))).toHaveLength(8)
})

test('whatever attempts do, what a job spends stays under its limit', () => {
  const answers = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 61_000 }), fails: fc.boolean() }), {
    minLength: 60,
    maxLength: 60,
  })
  fc.assert(
    fc.property(fc.integer({ min: 31, max: 200 }), answers, (maxCost, plan) => {
      const machine = machineOf(maxCost)
      const inFlight: string[] = []
      for (const { ms, fails } of plan) {
        if (machine.outcome !== undefined) break
        inFlight.push(...launches(machine.grant(Math.max(1, slotsWanted(machine.state)))))
        const next = inFlight.shift()
        if (next === undefined) continue
        const [, task, attempt] = /^0\/(\d+)#(\d+)$/.exec(next)!.map(Number)
        const use = { durationMs: ms, gets: 0, puts: 0, lists: 0, deletes: 0 }
        const result = fails ? { ...lost, use } : { ...success({ attempt: attempt! }), use }
        machine.finish(0, task!, result, attempt)
        if (fails) machine.retry(0, task!)
        expect(machine.state.spent).toBeLessThanOrEqual(maxCost)
      }
    }),
  )
})

test('what is refused for the moment costs nothing and holds nothing back', () => {
  const machine = machineOf(31, 2)
  machine.grant(2)
  machine.finish(0, 0, failure('THROTTLED', { retryable: true }))
  expect(machine.state).toMatchObject({ spent: 0, isHeldByCost: false })
})

test('who decides takes those in flight for the dearest', () => {
  const spending = { maxCost: 10, spent: 1, inFlight: 2, dearest: 3 }
  expect(admission(spending, 3)).toBe('launch')
  expect(admission(spending, 3.5)).toBe('wait')
  expect(admission({ ...spending, inFlight: 0 }, 9)).toBe('launch')
  expect(admission({ ...spending, inFlight: 0 }, 9.5)).toBe('end')
})

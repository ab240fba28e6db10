/** The error policy: which errors cost a record, and when a stage has had too many. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CountedFailure, DunlinError, type ErrorCode } from '../../../../operators/index.ts'
import type { Stage, StageId } from '../../../../planner/index.ts'
import { addTallies, isSkipped, toleranceFailure } from '../../../../src/job/policies/error-policy.ts'

const RUNNING = { stopping: false }

describe('an error', () => {
  it.each<ErrorCode>(['BAD_RECORD', 'USER_FUNCTION', 'TYPE_MISMATCH', 'TOO_LARGE'])(
    '%s of a record costs the record',
    code => expect(isSkipped(new DunlinError(code, 'x'), RUNNING)).toBe(true),
  )

  it.each<ErrorCode>(['CANCELLED', 'TIMEOUT', 'OUT_OF_MEMORY', 'STORE', 'NO_SPACE', 'CORRUPT', 'INTERNAL'])(
    '%s costs the task',
    code => expect(isSkipped(new DunlinError(code, 'x'), RUNNING)).toBe(false),
  )

  it('of a function that only passes on what the engine threw costs the task', () => {
    const counters = new DunlinError('TOO_LARGE', 'a task has more than 1000 counters')
    const passedOn = (cause: unknown) => new DunlinError('USER_FUNCTION', 'Map f threw', { cause })
    expect(isSkipped(passedOn(counters), RUNNING)).toBe(false)
    expect(isSkipped(passedOn(new DunlinError('BAD_RECORD', 'thrown by the user')), RUNNING)).toBe(true)
    expect(isSkipped(passedOn(new RangeError('Maximum call stack size exceeded')), RUNNING)).toBe(true)
  })

  it('of an attempt that is to stop costs no record: the function may fail because of that', () => {
    expect(isSkipped(new DunlinError('USER_FUNCTION', 'aborted'), { stopping: true })).toBe(false)
  })
})

function stage(tolerate?: number): Stage {
  const onError = tolerate === undefined ? {} : { onError: { tolerate } }
  return { id: 3 as StageId, title: 'Scan jsonl → Map', ...onError } as Stage
}

const failure = (message: string, at?: string): CountedFailure => ({
  count: 1,
  code: 'USER_FUNCTION',
  message,
  retryable: true,
  place: at === undefined ? {} : { at },
  causes: [],
})

const passed = (records: number, read: number, tolerate: number): boolean =>
  toleranceFailure(stage(tolerate), { read, records, failures: [] }) !== null

describe('the tolerated share', () => {
  it('is passed by one record more than it, never at it, for every share that a person writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat({ max: 100_000 }), (read, some) => {
        const records = some % (read + 1)
        expect(passed(records, read, records / read)).toBe(false)
        if (records < read) expect(passed(records + 1, read, records / read)).toBe(true)
      }),
    )
    for (let hundredths = 0; hundredths <= 100; hundredths++) {
      expect(passed(hundredths, 100, Number((hundredths / 100).toFixed(2)))).toBe(false)
    }
    expect(passed(29, 100, 0.29)).toBe(false)
    expect(passed(30, 100, 0.29)).toBe(true)
  })

  it('of 0 is passed by the first bad record, of 1 by none; no records are no share', () => {
    expect(passed(1, 1_000_000, 0)).toBe(true)
    expect(passed(7, 7, 1)).toBe(false)
    expect(passed(8, 7, 1), 'a flatMap makes many rows of one record').toBe(false)
    expect(passed(8, 7, 0.99)).toBe(true)
    expect(passed(0, 0, 0)).toBe(false)
  })

  it('is none where the first bad record fails the task', () => {
    expect(toleranceFailure(stage(), undefined)).toBeNull()
  })

  it('is told with the counts, and the first of each kind with its place', () => {
    const failures = [failure('Map f threw: no', 'job.ts:3'), failure('not JSON')]
    expect(toleranceFailure(stage(0.01), { read: 200, records: 3, failures })).toMatchObject({
      code: 'TOO_MANY_BAD_RECORDS',
      message:
        'stage 3 (Scan jsonl → Map) skipped 3 of 200 records, 1.5 %, and onError tolerates 1 %; ' +
        'the first of each kind:\n  Map f threw: no (job.ts:3)\n  not JSON',
      retryable: false,
      place: { stage: 3 },
    })
  })
})

describe('tallies', () => {
  it('add up, and keep the first failure of each kind, whichever records it names', () => {
    const one = { ...failure('Map f threw on record 17: no'), place: { record: '17', operator: 'Map f' } }
    const other = { ...failure('Map f threw on record "x": no'), place: { record: '"x"', operator: 'Map f' } }
    const a = { read: 10, records: 1, failures: [one] }
    const b = { read: 5, records: 2, failures: [other, failure('another')] }
    expect(addTallies(a, b)).toEqual({
      read: 15,
      records: 3,
      failures: [{ ...one, count: 2 }, failure('another')],
    })
    expect(addTallies(undefined, b)).toBe(b)
    expect(addTallies(a, undefined)).toBe(a)
  })
})

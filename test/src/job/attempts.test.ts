/** Attempts that fail, come twice or come late, driven by events written by hand. */
import { describe, expect, test } from 'vitest'
import { slotsWanted } from '../../../src/job/state.ts'
import { cancels, emitted, launches, startedWith, twoStages } from './machine.ts'
import { cancelled, failure, id, lost, success } from './plans.ts'

describe('failures', () => {
  test('a retryable failure is retried after a wait, under the next attempt number', () => {
    const machine = startedWith(2, twoStages())
    const commands = machine.finish(0, 0, lost)
    expect(commands).toContainEqual({
      type: 'startTimer',
      id: { kind: 'retryTask', stage: 0, task: 0 },
      delayMs: 50,
    })
    expect(slotsWanted(machine.state)).toBe(0)
    machine.retry(0, 0)
    expect(launches(machine.grant(1))).toEqual(['0/0#2'])
    machine.finish(0, 0, success({ attempt: 2, rowsOut: 1 }), 2)
    machine.finish(0, 1)
    expect(launches(machine.grant(1))).toEqual(['0/manifest#1'])
  })

  test('a task fails the job when its retries are used up; what runs is cancelled and waited for', () => {
    const machine = startedWith(2, twoStages())
    for (let attempt = 1; attempt <= 3; attempt++) {
      machine.finish(0, 0, lost, attempt)
      machine.retry(0, 0)
      machine.grant(1)
    }
    expect(machine.outcome).toBeUndefined()
    const commands = machine.finish(0, 0, lost, 4)
    expect(cancels(commands)).toEqual(['0/1#1'])
    expect(commands).toContainEqual({ type: 'startTimer', id: { kind: 'grace' }, delayMs: 2_000 })
    expect(machine.state.status.state).toBe('cancelling')
    expect(machine.outcome).toBeUndefined()
    machine.finish(0, 1, cancelled)
    expect(machine.outcome).toMatchObject({
      outcome: {
        state: 'failed',
        failure: { code: 'WORKER_LOST', place: { stage: 0, task: 0, attempt: 4 } },
      },
    })
    expect(machine.outcome?.failures, 'four alike are one kind').toHaveLength(1)
  })

  test('a failure that another attempt cannot mend fails the job at once', () => {
    const machine = startedWith(1, twoStages())
    machine.finish(0, 0, failure('BAD_RECORD'))
    expect(machine.outcome?.outcome).toMatchObject({ state: 'failed', failure: { code: 'BAD_RECORD' } })
  })

  test('an error of a user function is retried once', () => {
    const machine = startedWith(1, twoStages())
    machine.finish(0, 0, failure('USER_FUNCTION', { retryable: true }))
    machine.retry(0, 0)
    machine.grant(1)
    expect(machine.outcome).toBeUndefined()
    machine.finish(0, 0, failure('USER_FUNCTION', { retryable: true }), 2)
    expect(machine.outcome?.outcome.state).toBe('failed')
  })

  test('throttles are not counted as failures', () => {
    const machine = startedWith(1, twoStages())
    for (let attempt = 1; attempt <= 10; attempt++) {
      machine.finish(0, 0, failure('THROTTLED', { retryable: true }), attempt)
      machine.now += 1_000
      machine.retry(0, 0)
      machine.grant(1)
    }
    machine.finish(0, 0, lost, 11)
    expect(machine.outcome).toBeUndefined()
    expect(machine.state.stages.get(0).tasks.get(0).state).toBe('waiting')
  })

  test('the outcome has the first failure of each kind, retried or not', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0, lost)
    machine.finish(0, 1, failure('STORE', { retryable: true, message: 'reset after 17 bytes' }))
    machine.retry(0, 1)
    machine.grant(1)
    machine.finish(0, 1, failure('STORE', { retryable: true, message: 'reset after 99 bytes' }), 2)
    machine.retry(0, 0)
    machine.grant(1)
    machine.finish(0, 0, failure('CORRUPT'), 2)
    expect(machine.outcome?.failures.map(f => [f.code, f.place.task])).toEqual([
      ['WORKER_LOST', 0],
      ['STORE', 1],
      ['CORRUPT', 0],
    ])
  })

  test('a manifest is retried too, and fails the job when it cannot be written', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0)
    machine.finish(0, 1)
    machine.grant(1)
    expect(emitted(machine.writeManifest(0, lost))).toEqual(['manifestFailed'])
    machine.tell({ type: 'timerFired', id: { kind: 'retryManifest', stage: id(0) } })
    expect(launches(machine.grant(1))).toEqual(['0/manifest#2'])
    machine.writeManifest(0, failure('CORRUPT'), 2)
    expect(machine.outcome?.outcome).toMatchObject({ state: 'failed', failure: { code: 'CORRUPT' } })
  })

  test('a driver that cannot go on fails the job', () => {
    const machine = startedWith(2, twoStages())
    const commands = machine.tell({ type: 'driverFailed', failure: failure('NO_SPACE').failure })
    expect(cancels(commands)).toEqual(['0/0#1', '0/1#1'])
    machine.finish(0, 0, cancelled)
    machine.finish(0, 1, cancelled)
    expect(machine.outcome).toMatchObject({
      outcome: { failure: { code: 'NO_SPACE' } },
      failures: [{ code: 'NO_SPACE' }],
    })
  })
})

describe('deliveries', () => {
  test('a duplicate of a commit changes nothing', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0)
    const before = machine.state
    expect(machine.finish(0, 0)).toEqual([])
    expect(machine.finish(0, 0, lost)).toEqual([])
    expect(machine.state).toStrictEqual(before)
  })

  test('a timer that fires again, or for nothing, launches nothing', () => {
    const machine = startedWith(2, twoStages())
    expect(machine.retry(0, 1)).toEqual([])
    machine.finish(0, 0, lost)
    machine.retry(0, 0)
    machine.retry(0, 0)
    expect(slotsWanted(machine.state)).toBe(1)
    machine.grant(1)
    machine.retry(0, 0)
    expect(slotsWanted(machine.state)).toBe(0)
  })

  test('a commit told by another attempt counts as the commit of the winner', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0, lost)
    machine.retry(0, 0)
    machine.grant(1)
    machine.finish(0, 0, success({ attempt: 1, rowsOut: 10 }), 2)
    expect(machine.state.stages.get(0).tasks.get(0)).toMatchObject({ state: 'committed', attempt: 1 })
  })

  test('a commit that comes after the attempt was given up ends the wait for the retry', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0, failure('TIMEOUT', { retryable: true }))
    machine.finish(0, 0)
    expect(machine.retry(0, 0)).toEqual([])
    expect(slotsWanted(machine.state)).toBe(0)
  })

  test('a commit that comes while another attempt runs cancels that one, whose answer then changes nothing', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0, failure('TIMEOUT', { retryable: true }))
    machine.retry(0, 0)
    machine.grant(1)
    expect(cancels(machine.finish(0, 0))).toEqual(['0/0#2'])
    expect(machine.state.unanswered).toBe(2)
    expect(emitted(machine.finish(0, 0, lost, 2))).toEqual(['attemptCancelled'])
    expect(machine.state.unanswered).toBe(1)
    expect(machine.state.failures.map(f => f.code)).toEqual(['TIMEOUT'])
  })

  test('a commit that comes while the task is ready again makes its slot go back', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0, failure('TIMEOUT', { retryable: true }))
    machine.retry(0, 0)
    machine.finish(0, 0)
    expect(machine.grant(1)).toEqual([{ type: 'returnSlots', count: 1 }])
  })

  test('with two attempts of a task running, the failure of one starts no third', () => {
    const machine = startedWith(2, twoStages())
    const stage = machine.state.stages.get(0)
    const tries = { launched: 2, failed: 0, throttled: 0, outOfMemory: 0 }
    const tasks = stage.tasks.set(0, {
      state: 'running',
      tries,
      attempts: [1, 2],
      since: 0,
      isDoubled: true,
      generation: 0,
      stray: [],
    })
    machine.state = {
      ...machine.state,
      unanswered: 3,
      stages: machine.state.stages.set(0, { ...stage, tasks }),
    }
    expect(machine.finish(0, 0, lost, 1).map(c => c.type)).toEqual(['emit'])
    machine.finish(0, 0, success({ attempt: 2, rowsOut: 1 }), 2)
    expect(machine.state.stages.get(0).tasks.get(0).state).toBe('committed')
  })

  test('after the job has ended, nothing changes and slots go back', () => {
    const machine = startedWith(1, twoStages())
    machine.finish(0, 0, failure('BAD_RECORD'))
    const before = machine.state
    expect(machine.finish(0, 0, lost)).toEqual([])
    expect(machine.finish(0, 1)).toEqual([])
    expect(machine.tell({ type: 'cancelRequested', reason: 'late' })).toEqual([])
    expect(machine.grant(2)).toEqual([{ type: 'returnSlots', count: 2 }])
    expect(machine.state).toBe(before)
  })
})

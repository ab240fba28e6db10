/** The state machine, driven by events written by hand. */
import { describe, expect, test } from 'vitest'
import type { DunlinError } from '../../../operators/index.ts'
import { slotsWanted } from '../../../src/job/state.ts'
import { cancels, emitted, launches, Machine } from './machine.ts'
import {
  cancelled,
  failure,
  id,
  lost,
  NUMBERS,
  reader,
  scan,
  success,
  TEXTS,
  toDriver,
  toFiles,
  toPartitions,
} from './plans.ts'

const rows = (rowsOut: number, rowsIn = 0) => success({ rowsOut, rowsIn })

/** Two tasks, an exchange of three partitions, three tasks that write. */
function twoStages() {
  const first = scan(0, 2, toPartitions(3))
  return [first, reader(1, [first], toFiles)]
}

function startedWith(slots: number, stages: readonly Parameters<typeof reader>[1][number][]): Machine {
  const machine = new Machine(stages)
  machine.start()
  machine.grant(slots)
  return machine
}

describe('stages', () => {
  test('a job runs its stages in order, with a manifest at the barrier, and ends', () => {
    const machine = new Machine(twoStages())
    expect(emitted(machine.start())).toEqual(['jobStarted', 'stageStarted'])
    expect(slotsWanted(machine.state)).toBe(2)
    expect(launches(machine.grant(2))).toEqual(['0/0#1', '0/1#1'])
    expect(machine.finish(0, 1)).toHaveLength(1)
    machine.finish(0, 0)
    expect(slotsWanted(machine.state)).toBe(1)
    expect(machine.grant(1).find(c => c.type === 'launchManifest')).toEqual({
      type: 'launchManifest',
      stage: 0,
      attempt: 1,
      tasks: 2,
      partitions: 3,
      rows: 20,
      schema: NUMBERS,
    })
    expect(emitted(machine.writeManifest(0))).toEqual(['manifestWritten', 'stageFinished', 'stageStarted'])
    expect(launches(machine.grant(3))).toEqual(['1/0#1', '1/1#1', '1/2#1'])
    machine.finish(1, 0, rows(1, 8))
    machine.finish(1, 1, rows(1, 0))
    machine.finish(1, 2, rows(1, 12))
    expect(machine.outcome).toMatchObject({ outcome: { state: 'succeeded' }, failures: [] })
    const kept = machine.commands.flatMap(c => (c.type === 'keepResult' ? [c.task] : []))
    expect(kept).toEqual([0, 1, 2])
  })

  test('independent stages share slots, in the order of stages and tasks', () => {
    const [a, b] = [scan(0, 2, toPartitions(1)), scan(1, 3, toPartitions(1))]
    const machine = new Machine([a, b, reader(2, [a, b], toFiles)])
    machine.start()
    expect(launches(machine.grant(1))).toEqual(['0/0#1'])
    expect(launches(machine.grant(3))).toEqual(['0/1#1', '1/0#1', '1/1#1'])
    machine.finish(0, 0)
    machine.finish(0, 1)
    expect(launches(machine.grant(2)), 'an earlier stage goes first').toEqual(['0/manifest#1', '1/2#1'])
  })

  test('a stage waits for all that it reads', () => {
    const [a, b] = [scan(0, 1, toPartitions(1)), scan(1, 1, toPartitions(1))]
    const machine = startedWith(4, [a, b, reader(2, [a, b], toFiles)])
    machine.finish(0, 0)
    machine.grant(1)
    machine.writeManifest(0)
    expect(slotsWanted(machine.state)).toBe(0)
    machine.finish(1, 0)
    machine.grant(1)
    expect(emitted(machine.writeManifest(1))).toContain('stageStarted')
  })

  test('slots that nothing waits for are returned at once', () => {
    const machine = new Machine(twoStages())
    machine.start()
    expect(machine.grant(5).at(-1)).toEqual({ type: 'returnSlots', count: 3 })
    expect(machine.grant(1)).toEqual([{ type: 'returnSlots', count: 1 }])
  })

  test('a stage without tasks finishes at once, with a manifest of nothing', () => {
    const first = scan(0, 0, toPartitions(1))
    const machine = startedWith(1, [first, reader(1, [first], toFiles)])
    expect(launches(machine.commands)).toEqual(['0/manifest#1'])
    machine.writeManifest(0)
    machine.grant(1)
    machine.finish(1, 0, rows(0))
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  test('a plan without stages succeeds', () => {
    const machine = new Machine([])
    machine.start()
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })
})

describe('barriers', () => {
  function readTwice(readByFirst: number, readBySecond: number): Machine {
    const first = scan(0, 1, toPartitions(1))
    const machine = startedWith(1, [first, reader(1, [first], toFiles), reader(2, [first], toDriver)])
    machine.finish(0, 0, rows(100))
    machine.grant(1)
    machine.writeManifest(0)
    machine.grant(2)
    machine.finish(1, 0, rows(1, readByFirst))
    machine.finish(2, 0, rows(1, readBySecond))
    return machine
  }

  test('each stage that reads a stage must read all of it', () => {
    expect(readTwice(100, 100).outcome?.outcome.state).toBe('succeeded')
    expect(readTwice(50, 150).outcome?.outcome.state).toBe('failed')
  })

  test('a row lost or doubled fails the job, naming the stages and both counts', () => {
    for (const read of [99, 101, 0]) {
      const { outcome } = readTwice(100, read)
      expect(outcome?.outcome).toMatchObject({
        state: 'failed',
        failure: {
          code: 'ROWS_NOT_CONSERVED',
          message: `stage 2 (Read 0) read ${read} rows through its exchanges, but 100 were committed by stage 0 (Scan 0): 100`,
          place: { stage: 2 },
        },
      })
    }
  })

  test('a stage read through two inputs is read twice', () => {
    const first = scan(0, 1, toPartitions(1))
    const machine = startedWith(1, [first, reader(1, [first, first], toFiles)])
    machine.finish(0, 0, rows(7))
    machine.grant(1)
    machine.writeManifest(0)
    machine.grant(1)
    machine.finish(1, 0, rows(1, 14))
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  test('a stage with a limit may stop early, but cannot read more than there is', () => {
    const ending = (read: number): string | undefined => {
      const first = scan(0, 1, toPartitions(1))
      const root = { op: 'limit', rows: 3, input: { op: 'input', input: 0 } } as const
      const machine = startedWith(1, [first, reader(1, [first], toDriver, { root })])
      machine.finish(0, 0, rows(10))
      machine.grant(1)
      machine.writeManifest(0)
      machine.grant(1)
      machine.finish(1, 0, rows(3, read))
      return machine.outcome?.outcome.state
    }
    expect([ending(3), ending(10), ending(11)]).toEqual(['succeeded', 'succeeded', 'failed'])
  })

  test('schemas are unified in the order of tasks, whatever the order of arrival', () => {
    const only = (name: string) =>
      success({ rowsOut: 1, schema: { ...NUMBERS, fields: [{ ...NUMBERS.fields[0]!, name }] } })
    const machine = startedWith(3, [scan(0, 3, toPartitions(1))])
    machine.finish(0, 2, only('c'))
    machine.finish(0, 1, success({ rowsOut: 0, schema: null }))
    machine.finish(0, 0, only('a'))
    const manifest = machine.grant(1).find(c => c.type === 'launchManifest')
    expect(manifest?.schema?.fields.map(f => f.name)).toEqual(['a', 'c'])
  })

  test('tasks of one schema share one object', () => {
    const machine = startedWith(3, [scan(0, 3, toPartitions(1))])
    for (const task of [0, 1, 2]) machine.finish(0, task, success({ schema: structuredClone(NUMBERS) }))
    const { tasks, prefix } = machine.state.stages.get(0)
    const schemas = [...tasks].map(t => (t.state === 'committed' ? t.schema : null))
    expect(new Set([...schemas, prefix.schema]).size).toBe(1)
  })

  test('schemas that do not meet fail the job, naming the stage, the column and both types', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0)
    machine.finish(0, 1, success({ rowsOut: 1, schema: TEXTS }))
    expect(machine.outcome?.outcome).toMatchObject({
      failure: { code: 'TYPE_MISMATCH', place: { stage: 0, operator: 'Scan 0' } },
    })
    const { outcome } = machine.outcome!
    expect(outcome.state === 'failed' && outcome.failure.message).toMatch(
      /stage 0 \(Scan 0\).*"n".*float64.*utf8/,
    )
  })
})

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
    const tries = { launched: 2, failed: 0, throttled: 0 }
    const tasks = stage.tasks.set(0, { state: 'running', tries, attempts: [1, 2] })
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

describe('cancelling', () => {
  test('a cancelled job cancels what runs, launches nothing more, and ends when all have answered', () => {
    const machine = startedWith(1, twoStages())
    expect(cancels(machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' }))).toEqual(['0/0#1'])
    expect(slotsWanted(machine.state)).toBe(0)
    expect(launches(machine.grant(1))).toEqual([])
    machine.finish(0, 0, cancelled)
    expect(machine.outcome).toMatchObject({ outcome: { state: 'cancelled', reason: 'Ctrl-C' }, failures: [] })
  })

  test('a manifest that is being written is cancelled too', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0)
    machine.finish(0, 1)
    machine.grant(1)
    expect(cancels(machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' }))).toEqual(['0/manifest#1'])
    expect(emitted(machine.writeManifest(0, cancelled))).toEqual(['attemptCancelled'])
    expect(machine.outcome?.outcome.state).toBe('cancelled')
  })

  test('commits that arrive meanwhile take the job no further', () => {
    const machine = startedWith(2, twoStages())
    machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' })
    machine.finish(0, 0)
    machine.finish(0, 1)
    expect(emitted(machine.commands).slice(-2)).toEqual(['taskCommitted', 'taskCommitted'])
    expect(machine.state.stages.get(0).phase.state).toBe('running')
  })

  test('an answer after the end of the grace changes nothing', () => {
    const machine = startedWith(1, twoStages())
    machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' })
    machine.tell({ type: 'timerFired', id: { kind: 'grace' } })
    const before = machine.state
    expect(machine.finish(0, 0)).toEqual([])
    expect(machine.finish(0, 0, lost)).toEqual([])
    expect(machine.state).toBe(before)
  })

  test('a commit that arrives meanwhile is kept', () => {
    const machine = startedWith(2, [scan(0, 2, toFiles)])
    machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' })
    expect(emitted(machine.finish(0, 1))).toEqual(['taskCommitted'])
    machine.finish(0, 0, cancelled)
    expect(machine.outcome?.outcome.state).toBe('cancelled')
  })

  test('an attempt that never answers is waited for until the grace ends', () => {
    const machine = startedWith(1, twoStages())
    machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' })
    expect(machine.outcome).toBeUndefined()
    machine.tell({ type: 'timerFired', id: { kind: 'grace' } })
    expect(machine.outcome?.outcome.state).toBe('cancelled')
  })

  test('the first outcome stands', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0, failure('BAD_RECORD'))
    machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' })
    machine.finish(0, 1, failure('STORE'))
    expect(machine.outcome).toMatchObject({
      outcome: { failure: { code: 'BAD_RECORD' } },
      failures: [{ code: 'BAD_RECORD' }],
    })
  })
})

describe('partial waves', () => {
  const take = (n: number, tasks = 100, output = toDriver) => scan(0, tasks, output, { until: { rows: n } })

  test('a partial wave runs the first 1, 4, 16 … tasks and stops when there are enough rows', () => {
    const machine = new Machine([take(35)])
    machine.start()
    expect(launches(machine.grant(1))).toEqual(['0/0#1'])
    expect(slotsWanted(machine.state)).toBe(0)
    machine.finish(0, 0)
    expect(launches(machine.grant(9))).toEqual(['0/1#1', '0/2#1', '0/3#1'])
    for (const task of [3, 2, 1]) machine.finish(0, task)
    expect(machine.state.stages.get(0).prefix.rows).toBe(40)
    expect(machine.outcome?.outcome.state).toBe('succeeded')
    expect(machine.commands).toContainEqual({
      type: 'emit',
      event: { type: 'stageFinished', stage: 0, rowsOut: 40, skipped: 96 },
    })
  })

  test('a partial wave goes on to the last task where the rows never suffice', () => {
    const machine = startedWith(1, [take(1_000, 6)])
    machine.finish(0, 0)
    machine.grant(9)
    for (const task of [1, 2, 3]) machine.finish(0, task)
    expect(launches(machine.grant(9))).toEqual(['0/4#1', '0/5#1'])
    machine.finish(0, 4)
    machine.finish(0, 5)
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  test('only the first tasks without a gap count, and what runs beyond them is cancelled and waited for', () => {
    const machine = startedWith(1, [take(15)])
    machine.finish(0, 0)
    machine.grant(3)
    machine.finish(0, 3)
    machine.finish(0, 2)
    expect(machine.outcome, 'task 1 is missing').toBeUndefined()
    machine.finish(0, 1)
    expect(machine.state.stages.get(0).prefix).toMatchObject({ tasks: 2, rows: 20 })

    const early = startedWith(1, [take(15)])
    early.finish(0, 0)
    early.grant(3)
    expect(cancels(early.finish(0, 1))).toEqual(['0/2#1', '0/3#1'])
    early.finish(0, 2)
    expect(early.outcome).toBeUndefined()
    early.finish(0, 3, cancelled)
    expect(early.outcome?.outcome.state).toBe('succeeded')
  })

  test('a task that failed beyond what is needed does not fail the job', () => {
    const machine = startedWith(1, [take(15)])
    machine.finish(0, 0)
    machine.grant(3)
    machine.finish(0, 3, failure('BAD_RECORD'))
    machine.finish(0, 2, cancelled)
    expect(machine.outcome).toBeUndefined()
    machine.finish(0, 1)
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  test('a task that failed and is needed fails the job, once the tasks before it have come', () => {
    const machine = startedWith(1, [take(35)])
    machine.finish(0, 0)
    machine.grant(3)
    machine.finish(0, 2, failure('BAD_RECORD'))
    machine.finish(0, 3)
    expect(machine.state.status.state).toBe('running')
    machine.finish(0, 1)
    expect(machine.outcome?.outcome).toMatchObject({ state: 'failed', failure: { code: 'BAD_RECORD' } })
  })

  test('a type that does not meet beyond what is needed does not fail the job', () => {
    const machine = startedWith(1, [take(15)])
    machine.finish(0, 0)
    machine.grant(3)
    machine.finish(0, 3, success({ rowsOut: 10, schema: TEXTS }))
    machine.finish(0, 1)
    machine.finish(0, 2)
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  test('the manifest of a partial wave has only the tasks that are needed', () => {
    const first = take(15, 100, toPartitions(1) as typeof toDriver)
    const machine = startedWith(1, [first, reader(1, [first], toDriver)])
    machine.finish(0, 0)
    machine.grant(3)
    machine.finish(0, 2)
    machine.finish(0, 1)
    expect(machine.grant(1)).toContainEqual(
      expect.objectContaining({ type: 'launchManifest', tasks: 2, rows: 20 }),
    )
    machine.writeManifest(0)
    machine.grant(1)
    machine.finish(1, 0, rows(20, 20))
    machine.finish(0, 3, cancelled)
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  test('a retry that is not needed any more is not made, and no launch counts twice', () => {
    const first = take(15, 100, toPartitions(1) as typeof toDriver)
    const machine = startedWith(1, [first, reader(1, [first], toDriver)])
    machine.finish(0, 0, lost)
    machine.retry(0, 0)
    machine.grant(1)
    machine.finish(0, 0, success({ attempt: 2, rowsOut: 10 }), 2)
    machine.grant(3)
    machine.finish(0, 3, lost)
    machine.finish(0, 1)
    expect(slotsWanted(machine.state)).toBe(1)
    machine.retry(0, 3)
    expect(slotsWanted(machine.state), 'the manifest alone').toBe(1)
    machine.grant(1)
    expect(machine.writeManifest(0)).toContainEqual({
      type: 'emit',
      event: { type: 'stageFinished', stage: 0, rowsOut: 20, skipped: 96 },
    })
  })

  test('taking nothing runs nothing', () => {
    const machine = new Machine([take(0)])
    machine.start()
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })
})

describe('growing', () => {
  test('added stages run when what they read has finished', () => {
    const first = scan(0, 1, toPartitions(1))
    const machine = startedWith(1, [first, scan(1, 1, toFiles)])
    machine.finish(0, 0)
    machine.grant(1)
    machine.writeManifest(0)
    const second = reader(2, [first], toPartitions(2))
    const commands = machine.tell({ type: 'stagesAdded', stages: [second, reader(3, [second], toDriver)] })
    expect(emitted(commands)).toEqual(['stagesAdded', 'stageStarted'])
    expect(slotsWanted(machine.state)).toBe(2)
    machine.grant(2)
    machine.finish(1, 0)
    machine.finish(2, 0, rows(4, 10))
    machine.grant(1)
    machine.writeManifest(2)
    machine.grant(2)
    machine.finish(3, 0, rows(4, 1))
    machine.finish(3, 1, rows(4, 3))
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  test('stages that read what is not there are refused, and the job goes on as it was', () => {
    const first = scan(0, 1, toPartitions(1))
    const files = scan(1, 1, toFiles)
    const machine = startedWith(1, [first, files])
    const before = machine.state
    const add = (stages: Parameters<typeof reader>[1]) => () => machine.tell({ type: 'stagesAdded', stages })
    const other = scan(7, 1, toPartitions(1))
    expect(add([reader(2, [other], toFiles)])).toThrow('it reads stage 7, which the job does not have')
    expect(add([scan(0, 1, toFiles)])).toThrow('the job has a stage of this number already')
    const wide = { ...first, output: toPartitions(5) }
    expect(add([reader(2, [wide], toFiles)])).toThrow('5 partitions of stage 0, which gives 1')
    const asExchange = { ...files, output: toPartitions(1) }
    expect(add([reader(2, [asExchange], toFiles)])).toThrow('it reads stage 1, whose output is a write')
    expect(machine.state).toBe(before)
  })

  test('a job that has ended cannot grow', () => {
    const machine = new Machine([])
    machine.start()
    const add = () => machine.tell({ type: 'stagesAdded', stages: [scan(0, 1, toFiles)] })
    expect(add).toThrow(expect.objectContaining<Partial<DunlinError>>({ code: 'INVALID_ARGUMENT' }))
  })

  test('a plan out of order is refused', () => {
    const first = scan(0, 1, toPartitions(1))
    expect(() => new Machine([reader(1, [first], toFiles), first])).toThrow('which the job does not have')
  })
})

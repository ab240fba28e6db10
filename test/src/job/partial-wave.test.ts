/** Partial waves, driven by events written by hand. */
import { describe, expect, test } from 'vitest'
import { slotsWanted } from '../../../src/job/state.ts'
import { cancels, launches, Machine, rows, startedWith } from './machine.ts'
import { cancelled, failure, lost, reader, scan, success, TEXTS, toDriver, toPartitions } from './plans.ts'

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
      event: expect.objectContaining({ type: 'stageFinished', stage: 0, rowsOut: 20, skipped: 96 }),
    })
  })

  test('taking nothing runs nothing', () => {
    const machine = new Machine([take(0)])
    machine.start()
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })
})

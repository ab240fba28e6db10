/** The life of stages and their barriers, driven by events written by hand. */
import { describe, expect, test } from 'vitest'
import { slotsWanted } from '../../../src/job/state.ts'
import { emitted, launches, Machine, rows, startedWith, twoStages } from './machine.ts'
import { NUMBERS, reader, scan, success, TEXTS, toDriver, toFiles, toPartitions } from './plans.ts'

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
      memoryMb: 512,
      stage: 0,
      attempt: 1,
      generation: 0,
      generations: { base: 0, others: {} },
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

import { describe, expect, test } from 'vitest'
import type { JobEvent } from '../../../src/events/job-event.ts'
import { JobReplay } from '../../../src/job/restore.ts'
import type { TaskFailed } from '../../../src/task/task-event.ts'
import { cancels, emitted, launches, Machine, startedWith } from './machine.ts'
import { id, reader, scan, success, toFiles, toPartitions } from './plans.ts'

/** Two tasks → two tasks → two tasks that write. */
function threeStages() {
  const first = scan(0, 2, toPartitions(2))
  const second = reader(1, [first], toPartitions(2))
  return [first, second, reader(2, [second], toFiles)]
}

function loss(
  stage: number,
  task: number | null,
  generation = 0,
  job = 'job-1',
  others?: Record<number, number>,
): TaskFailed {
  const lost = { job, stage, task, generation, ...(others === undefined ? {} : { others }) }
  return {
    ok: false,
    failure: { code: 'CORRUPT', message: 'damaged', retryable: false, place: {}, causes: [], lost },
  }
}

const done = (more: Parameters<typeof success>[0] = {}) => success({ rowsOut: 10, ...more })
const phases = (machine: Machine) => [...machine.state.stages].map(({ phase }) => phase)
const generations = (machine: Machine, stage: number) =>
  [...machine.state.stages.get(stage).tasks].map(({ generation }) => generation)

/** The first stage is finished, and both tasks of the second run. */
function secondRuns(): Machine {
  const machine = startedWith(2, threeStages())
  machine.finish(0, 0, done())
  machine.finish(0, 1, done())
  machine.grant(1)
  machine.writeManifest(0)
  machine.grant(2)
  return machine
}

describe('a committed output that is lost', () => {
  test('is made again under the next generation, and then read by what could not read it', () => {
    const machine = secondRuns()
    expect(emitted(machine.finish(1, 0, loss(0, 1)))).toEqual(['taskFailed', 'taskRemade'])
    expect(phases(machine)).toEqual(['running', 'blocked', 'blocked'])
    const [again] = machine.grant(1).filter(c => c.type === 'launchTask')
    expect(again).toMatchObject({ stage: 0, task: 1, attempt: 2, generation: 1 })
    machine.finish(0, 1, done({ generation: 1 }), 2)
    expect(machine.grant(1).find(c => c.type === 'launchManifest')).toMatchObject({
      generation: 1,
      generations: { base: 0, others: { 1: 1 } },
      rows: 20,
    })
    machine.writeManifest(0, success({ generation: 1 }))
    const [reads] = machine.grant(1).filter(c => c.type === 'launchTask')
    expect(reads).toMatchObject({
      stage: 1,
      task: 0,
      generation: 0,
      exchanges: [{ stage: 0, generation: 1 }],
    })
  })

  test('costs what still reads it nothing, if the rows are the same', () => {
    const machine = secondRuns()
    machine.finish(1, 0, loss(0, 1))
    machine.grant(1)
    machine.finish(0, 1, done({ generation: 1 }), 2)
    machine.finish(1, 1, done({ rowsIn: 10 }))
    expect(machine.state.stages.get(1).tasks.get(1).state).toBe('committed')
    expect(generations(machine, 1)).toEqual([0, 0])
  })

  test('of which several tasks say so, is made again once', () => {
    const machine = secondRuns()
    machine.finish(1, 0, loss(0, 1))
    machine.finish(1, 1, loss(0, 1))
    expect(generations(machine, 0)).toEqual([0, 1])
    expect(launches(machine.grant(5))).toEqual(['0/1#2'])
  })

  test('together with others, is made again with them, for one barrier', () => {
    const machine = secondRuns()
    const together = machine.finish(1, 0, loss(0, 1, 0, 'job-1', { 0: 0 }))
    expect(together.filter(c => c.type === 'emit').map(c => c.event)).toMatchObject([
      { type: 'taskFailed', failure: { lost: { stage: 0, task: 1, generation: 0 } } },
      { type: 'taskRemade', stage: 0, task: 1, generation: 1, others: { 0: 1 } },
    ])
    expect(JSON.stringify(machine.state.failures)).not.toContain('others')
    machine.finish(1, 1, loss(0, 0, 0, 'job-1', { 1: 0 }))
    expect(generations(machine, 0)).toEqual([1, 1])
    expect(launches(machine.grant(5))).toEqual(['0/0#2', '0/1#2'])
    machine.finish(0, 0, done({ generation: 1 }), 2)
    machine.finish(0, 1, done({ generation: 1 }), 2)
    expect(machine.grant(1).find(c => c.type === 'launchManifest')).toMatchObject({ generation: 1 })
  })

  test('together with others, is to be made again with them for a driver that takes the job over', () => {
    const machine = secondRuns()
    const replay = new JobReplay()
    for (const command of machine.commands) {
      if (command.type === 'emit') replay.add({ ...command.event, time: 0 } as JobEvent)
    }
    for (const command of machine.finish(1, 0, loss(0, 1, 0, 'job-1', { 0: 0 }))) {
      if (command.type === 'emit') replay.add({ ...command.event, time: 0 } as JobEvent)
    }
    const restored = new Machine(threeStages(), {}, {}, { restored: replay.restored }, 2)
    expect(generations(restored, 0)).toEqual([1, 1])
    expect(restored.state.stages.get(0).manifest).toMatchObject({ state: 'pending', generation: 1 })
    restored.start()
    expect(launches(restored.grant(5))).toEqual(['0/0#1', '0/1#1'])
  })

  test('while others of its stage are made again, joins them', () => {
    const machine = secondRuns()
    machine.finish(1, 0, loss(0, 1))
    expect(launches(machine.grant(5))).toEqual(['0/1#2'])
    machine.finish(1, 1, loss(0, 0))
    expect(phases(machine)).toEqual(['running', 'blocked', 'blocked'])
    expect(launches(machine.grant(5))).toEqual(['0/0#2'])
    machine.finish(0, 1, done({ generation: 1 }), 2)
    machine.finish(0, 0, done({ generation: 1 }), 2)
    expect(machine.grant(1).find(c => c.type === 'launchManifest')).toMatchObject({ generation: 2, rows: 20 })
  })

  test('counts as nobody else’s failure: no retries are used up', () => {
    const machine = secondRuns()
    for (let generation = 0; generation < 4; generation++) {
      machine.finish(1, 0, loss(0, 1, generation), generation + 1)
      machine.grant(1)
      machine.finish(0, 1, done({ generation: generation + 1 }), generation + 2)
      machine.grant(1)
      machine.writeManifest(0, success({ generation: generation + 1 }), generation + 2)
      machine.grant(1)
    }
    expect(machine.outcome).toBeUndefined()
    expect(machine.state.stages.get(1).tasks.get(0).tries.failed).toBe(0)
  })

  test('again and again, ends the job with CORRUPT', () => {
    const machine = secondRuns()
    for (let generation = 0; machine.outcome === undefined && generation < 20; generation++) {
      machine.finish(1, 0, loss(0, 1, generation), generation + 1)
      machine.grant(1)
      machine.finish(0, 1, done({ generation: generation + 1 }), generation + 2)
      machine.grant(1)
      machine.writeManifest(0, success({ generation: generation + 1 }), generation + 2)
      machine.grant(1)
      machine.finish(1, 1, done({ rowsIn: 10 }))
    }
    expect(machine.outcome?.outcome).toMatchObject({ state: 'failed', failure: { code: 'CORRUPT' } })
  })

  test('of another job that nothing is used of ends the job', () => {
    const machine = secondRuns()
    machine.finish(1, 0, loss(0, 1, 0, 'earlier'))
    machine.finish(1, 1, done({ rowsIn: 10 }))
    expect(machine.outcome?.outcome).toMatchObject({ state: 'failed', failure: { code: 'CORRUPT' } })
  })

  test('which is the index, is written again from the same commits', () => {
    const machine = secondRuns()
    expect(emitted(machine.finish(1, 0, loss(0, null)))).toContain('manifestRemade')
    expect(machine.grant(1).find(c => c.type === 'launchManifest')).toMatchObject({
      generation: 1,
      generations: { base: 0, others: {} },
    })
  })

  test('while its index is written, goes back to the stage', () => {
    const machine = startedWith(2, threeStages())
    machine.finish(0, 0, done())
    machine.finish(0, 1, done())
    machine.grant(1)
    machine.writeManifest(0, loss(0, 0))
    expect(phases(machine)[0]).toBe('running')
    expect(launches(machine.grant(1))).toEqual(['0/0#2'])
    machine.finish(0, 0, done({ generation: 1 }), 2)
    expect(launches(machine.grant(1))).toEqual(['0/manifest#2'])
  })
})

describe('rows that come out differently the second time', () => {
  /** The second stage has committed and the third runs, when a task of the third loses an output of the second. */
  function thirdRuns(): Machine {
    const machine = secondRuns()
    machine.finish(1, 0, done({ rowsIn: 10 }))
    machine.finish(1, 1, done({ rowsIn: 10 }))
    machine.grant(1)
    machine.writeManifest(1)
    machine.grant(2)
    machine.finish(2, 0, done({ rowsIn: 10 }))
    return machine
  }

  test('are read again by all that had read others: also by what had committed', () => {
    const machine = thirdRuns()
    machine.finish(2, 1, loss(1, 0))
    machine.grant(1)
    const told = machine.finish(1, 0, done({ rowsIn: 10, generation: 1, changed: true }), 2)
    expect(emitted(told).slice(0, 2)).toEqual(['taskRemade', 'taskCommitted'])
    expect(generations(machine, 2)).toEqual([1, 1])
    expect(generations(machine, 1)).toEqual([1, 0])
    machine.grant(1)
    machine.writeManifest(1, success({ generation: 1 }))
    expect(machine.grant(2).filter(c => c.type === 'launchTask')).toMatchObject([
      { stage: 2, task: 0, generation: 1, exchanges: [{ generation: 1 }] },
      { stage: 2, task: 1, generation: 1, exchanges: [{ generation: 1 }] },
    ])
  })

  test('stop what reads the others, and its answer counts for nothing', () => {
    const machine = secondRuns()
    machine.finish(1, 0, loss(0, 0))
    machine.grant(1)
    const told = machine.finish(0, 0, done({ generation: 1, changed: true }), 2)
    expect(cancels(told)).toEqual(['1/1#1'])
    machine.finish(1, 1, done({ rowsIn: 10 }))
    expect(machine.state.stages.get(1).tasks.get(1).state).toBe('pending')
    expect(machine.state.stages.get(1).exchangeRowsIn).toBe(0)
    expect(machine.state.unanswered).toBe(0)
  })

  test('leave a stage made again as a whole, whose manifest is told one generation, not one a task', () => {
    const machine = thirdRuns()
    machine.finish(2, 1, loss(1, 0))
    machine.grant(1)
    machine.finish(1, 0, loss(0, 1), 2)
    machine.grant(1)
    machine.finish(0, 1, done({ generation: 1, changed: true }), 2)
    machine.grant(1)
    machine.writeManifest(0, success({ generation: 1 }))
    machine.grant(2)
    machine.finish(1, 0, done({ rowsIn: 10, generation: 2 }), 3)
    machine.finish(1, 1, done({ rowsIn: 10, generation: 2 }), 2)
    expect(machine.grant(1).find(c => c.type === 'launchManifest')).toMatchObject({
      stage: 1,
      generations: { base: 2, others: {} },
    })
  })

  test('go on downwards only as far as they differ', () => {
    const machine = thirdRuns()
    machine.finish(2, 1, loss(1, 0))
    machine.grant(1)
    // What the second stage read is lost too: it is made again first, and comes out differently.
    machine.finish(1, 0, loss(0, 1), 2)
    machine.grant(1)
    machine.finish(0, 1, done({ generation: 1, changed: true }), 2)
    expect(generations(machine, 1)).toEqual([2, 2])
    expect(generations(machine, 2)).toEqual([0, 0])
    machine.grant(1)
    machine.writeManifest(0, success({ generation: 1 }))
    machine.grant(2)
    machine.finish(1, 0, done({ rowsIn: 10, generation: 2 }), 3)
    machine.finish(1, 1, done({ rowsIn: 10, generation: 2 }), 2)
    expect(generations(machine, 2)).toEqual([0, 0])
    expect(machine.state.stages.get(2).tasks.get(0).state).toBe('committed')
  })

  test('begin with what an earlier job has lost, which runs in this job then, and all that it reads', () => {
    const first = scan(0, 2, toPartitions(2))
    const skipped = reader(1, [first], toPartitions(2))
    const reused = reader(2, [skipped], toPartitions(2))
    const replay = new JobReplay()
    const exchange = { generation: 3, tasks: 2, rows: 20, schema: null }
    replay.add({ type: 'stageSkipped', time: 0, stage: id(0) })
    replay.add({ type: 'stageSkipped', time: 0, stage: id(1) })
    replay.add({
      type: 'stageReused',
      time: 0,
      stage: id(2),
      from: { job: 'earlier', stage: id(7) },
      exchange,
    })
    const stages = [first, skipped, reused, reader(3, [reused], toFiles)]
    const machine = new Machine(stages, {}, {}, { restored: replay.restored })
    machine.start()
    expect(launches(machine.grant(2))).toEqual(['3/0#1', '3/1#1'])
    machine.finish(3, 0, done({ rowsIn: 10 }))
    const commands = machine.finish(3, 1, loss(7, 0, 3, 'earlier'))
    expect(emitted(commands)).toEqual([
      ...['taskFailed', 'taskRemade', 'taskRemade', 'taskRemade', 'stageStarted', 'taskRemade'],
    ])
    expect(phases(machine)).toEqual(['running', 'blocked', 'blocked', 'blocked'])
    for (const [stage, rowsIn] of [
      [0, 0],
      [1, 10],
      [2, 10],
    ] as const) {
      machine.grant(2)
      for (const task of [0, 1]) machine.finish(stage, task, done({ rowsIn, generation: 1 }))
      machine.grant(1)
      machine.writeManifest(stage, success({ generation: 1 }))
    }
    const reads = machine.grant(2).filter(c => c.type === 'launchTask')
    expect(reads).toMatchObject([
      { stage: 3, task: 0, generation: 1, exchanges: [{ job: 'job-1', stage: 2, generation: 1 }] },
      { stage: 3, task: 1, generation: 1 },
    ])
    for (const task of [0, 1]) machine.finish(3, task, done({ rowsIn: 10, generation: 1 }), 2)
    expect(machine.state.status.state).toBe('succeeded')
  })

  test('do not hear twice that an earlier job has lost something', () => {
    const reused = scan(0, 2, toPartitions(2))
    const replay = new JobReplay()
    const exchange = { generation: 0, tasks: 2, rows: 20, schema: null }
    replay.add({
      type: 'stageReused',
      time: 0,
      stage: id(0),
      from: { job: 'earlier', stage: id(7) },
      exchange,
    })
    const machine = new Machine([reused, reader(1, [reused], toFiles)], {}, {}, { restored: replay.restored })
    machine.start()
    machine.grant(2)
    machine.finish(1, 0, loss(7, 0, 0, 'earlier'))
    machine.finish(1, 1, loss(7, 1, 0, 'earlier'))
    expect(phases(machine)).toEqual(['running', 'blocked'])
    expect(generations(machine, 0)).toEqual([1, 1])
    expect(generations(machine, 1)).toEqual([1, 1])
  })

  test('leave alone what an earlier job has made, and what nobody reads, whoever drives the job', () => {
    const first = scan(0, 2, toPartitions(2))
    const reused = reader(1, [first], toPartitions(2))
    const skipped = reader(2, [first], toPartitions(2))
    const runs = reader(3, [first], toPartitions(2))
    const replay = new JobReplay()
    const exchange = { generation: 0, tasks: 2, rows: 20, schema: null }
    const from = { job: 'earlier', stage: id(7) }
    replay.add({ type: 'stageReused', time: 0, stage: id(1), from, exchange })
    replay.add({ type: 'stageSkipped', time: 0, stage: id(2) })
    const stages = [first, reused, skipped, runs, reader(4, [reused, runs], toFiles)]
    const machine = new Machine(stages, {}, {}, { restored: replay.restored }, 2)
    machine.start()
    machine.grant(2)
    machine.finish(0, 0)
    machine.finish(0, 1)
    machine.grant(1)
    machine.writeManifest(0)
    machine.grant(2)
    machine.finish(3, 0, loss(0, 0))
    machine.grant(1)
    machine.finish(0, 0, done({ generation: 1, changed: true }), 2)
    expect(phases(machine)).toEqual(['closing', 'finished', 'finished', 'blocked', 'blocked'])
    machine.grant(1)
    machine.writeManifest(0, success({ generation: 1 }), 2)
    expect(launches(machine.grant(9))).toEqual(['3/0#2', '3/1#2'])
    for (const task of [0, 1]) machine.finish(3, task, done({ rowsIn: 10, generation: 1 }), 2)
    machine.grant(1)
    machine.writeManifest(3, success({ generation: 1 }))
    const [reads] = machine.grant(1).filter(c => c.type === 'launchTask')
    expect(reads).toMatchObject({
      stage: 4,
      exchanges: [
        { ...from, generation: 0 },
        { job: 'job-1', stage: 3, generation: 1 },
      ],
    })
  })
})

/** Second attempts of slow tasks, driven by events written by hand. */
import { describe, expect, test } from 'vitest'
import type { Stage } from '../../../planner/index.ts'
import { type BackendFacts, slotsWanted } from '../../../src/job/state.ts'
import { cancels, delays, emitted, launches, Machine } from './machine.ts'
import {
  cancelled,
  failure,
  id,
  lost,
  reader,
  scan,
  success,
  toDriver,
  toFiles,
  toPartitions,
} from './plans.ts'

const REMOTE: Partial<BackendFacts> = { speculates: true }
const committed = (attempt = 1) => success({ attempt, rowsOut: 10 })

/** All tasks launched at once; all but the last `open` have committed after ten seconds. */
function nearTheEnd(stage: Stage, open: number, backend = REMOTE, inputBytes: readonly number[] = []) {
  const machine = new Machine([stage], {}, backend, { inputBytes: new Map([[stage.id, [inputBytes]]]) })
  machine.start()
  machine.grant(stage.tasks)
  machine.now += 10_000
  for (let task = 0; task < stage.tasks - open; task++) machine.finish(0, task)
  return machine
}

const eight = scan(0, 8, toDriver)

describe('a slow task', () => {
  test('is launched again past twice the median, when a slot is free; the first commit wins', () => {
    const machine = nearTheEnd(eight, 2)
    expect(delays(machine.commands, 'speculate')).toEqual([500])
    const [next] = delays(machine.fireAfter(500, 'speculate'), 'speculate')
    expect(next).toBeGreaterThan(8_000)
    expect(slotsWanted(machine.state)).toBe(0)
    machine.finish(0, 6)
    machine.fireAfter(next! + 1_000, 'speculate')
    expect(slotsWanted(machine.state)).toBe(1)
    const commands = machine.grant(1)
    expect(launches(commands)).toEqual(['0/7#2'])
    expect(commands).toContainEqual({
      type: 'emit',
      event: { type: 'taskStarted', stage: 0, task: 7, attempt: 2, isExtra: true },
    })
    expect(cancels(machine.finish(0, 7, committed(2), 2))).toEqual(['0/7#1'])
    expect(emitted(machine.finish(0, 7, cancelled))).toContain('attemptCancelled')
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  /** Task 7 runs twice, attempts 1 and 2. */
  function doubled(): Machine {
    const machine = nearTheEnd(eight, 1)
    machine.fireAfter(15_000, 'speculate')
    expect(launches(machine.grant(1))).toEqual(['0/7#2'])
    return machine
  }

  test('whose second attempt fails runs on, and nothing is retried', () => {
    const machine = doubled()
    expect(delays(machine.finish(0, 7, lost, 2), 'retryTask')).toEqual([])
    machine.finish(0, 7)
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  test('whose first attempt fails is saved by the second, also where it has no retry left', () => {
    const machine = doubled()
    machine.state = { ...machine.state, policy: { ...machine.state.policy, retries: 0 } }
    expect(machine.finish(0, 7, lost)).toHaveLength(1)
    machine.finish(0, 7, committed(2), 2)
    expect(machine.outcome?.outcome.state).toBe('succeeded')
  })

  test('that loses both attempts is retried once, under the next number', () => {
    const machine = doubled()
    machine.finish(0, 7, lost, 2)
    expect(delays(machine.finish(0, 7, lost), 'retryTask')).toEqual([100])
    machine.retry(0, 7)
    expect(launches(machine.grant(1))).toEqual(['0/7#3'])
  })

  test('that fails for good fails the job, and its other attempt is cancelled', () => {
    const machine = doubled()
    expect(cancels(machine.finish(0, 7, failure('BAD_RECORD'), 2))).toContain('0/7#1')
    machine.finish(0, 7, cancelled)
    expect(machine.outcome?.outcome.state).toBe('failed')
  })

  test('is called for once, however often is looked before a slot is free', () => {
    const machine = nearTheEnd(eight, 2)
    machine.fireAfter(15_000, 'speculate')
    expect(slotsWanted(machine.state)).toBe(1)
    machine.finish(0, 6)
    machine.fireAfter(15_000, 'speculate')
    expect(slotsWanted(machine.state)).toBe(1)
  })

  test('that commits before the slot comes gives the slot back', () => {
    const machine = nearTheEnd(scan(0, 8, toPartitions(1)), 1)
    machine.fireAfter(15_000, 'speculate')
    machine.finish(0, 7)
    expect(launches(machine.grant(2)), 'the manifest alone').toEqual(['0/manifest#1'])
    expect(machine.commands.at(-1)).toEqual({ type: 'returnSlots', count: 1 })
  })
})

describe('nothing is launched twice', () => {
  test('where the backend does not ask for it', () => {
    const machine = nearTheEnd(eight, 1, {})
    expect(delays(machine.commands, 'speculate')).toEqual([])
  })

  test('before three quarters have committed', () => {
    expect(delays(nearTheEnd(eight, 3).commands, 'speculate')).toEqual([])
  })

  test('beyond five per cent, one at least', () => {
    const machine = nearTheEnd(scan(0, 60, toDriver), 10)
    machine.fireAfter(30_000, 'speculate')
    expect(launches(machine.grant(9))).toEqual(['0/50#2', '0/51#2', '0/52#2'])
    expect(machine.state.stages.get(0).speculated).toBe(3)
  })

  test('of a partial wave, nor of a manifest', () => {
    const partial = nearTheEnd(scan(0, 8, toDriver, { until: { rows: 1_000 } }), 8)
    partial.finish(0, 0)
    partial.grant(9)
    expect(delays(partial.commands, 'speculate')).toEqual([])
    const closing = nearTheEnd(scan(0, 8, toPartitions(1)), 0)
    closing.grant(1)
    closing.fireAfter(90_000, 'speculate')
    expect(slotsWanted(closing.state)).toBe(0)
  })

  test('while tasks of the stage wait for their first launch', () => {
    const machine = new Machine([scan(0, 12, toDriver)], {}, REMOTE)
    machine.start()
    machine.grant(10)
    machine.now += 10_000
    for (let task = 0; task < 9; task++) machine.finish(0, task)
    machine.fireAfter(15_000, 'speculate')
    expect(launches(machine.grant(3))).toEqual(['0/10#1', '0/11#1', '0/9#2'])
  })
})

test('a look is due again after a launch: a task that is retried late is looked after too', () => {
  const machine = nearTheEnd(eight, 1)
  machine.finish(0, 7, lost)
  expect(delays(machine.fireAfter(500, 'speculate'), 'speculate'), 'nothing runs').toEqual([])
  machine.retry(0, 7)
  expect(delays(machine.grant(1), 'speculate')).toEqual([500])
})

test('a task that reads five times as much is given five times as long', () => {
  const bytes = [100, 100, 100, 100, 100, 100, 100, 500]
  const machine = nearTheEnd(eight, 1, REMOTE, bytes)
  machine.fireAfter(80_000, 'speculate')
  expect(slotsWanted(machine.state)).toBe(0)
  machine.fireAfter(30_000, 'speculate')
  expect(slotsWanted(machine.state)).toBe(1)
})

test('the manifest tells how much the tasks behind an exchange read', () => {
  const first = scan(0, 1, toPartitions(4))
  const machine = new Machine([first, reader(1, [first], toFiles)], {}, REMOTE)
  machine.start()
  machine.grant(1)
  machine.finish(0, 0)
  machine.grant(1)
  machine.writeManifest(0, { ...success({ rowsOut: 10 }), partitionBytes: [10, 10, 10, 200] })
  machine.grant(4)
  machine.now += 10_000
  for (let task = 0; task < 3; task++) machine.finish(1, task)
  machine.fireAfter(200_000, 'speculate')
  expect(slotsWanted(machine.state)).toBe(0)
  machine.fireAfter(300_000, 'speculate')
  expect(slotsWanted(machine.state)).toBe(1)
  expect(machine.state.stages.get(1).stage.id).toBe(id(1))
})

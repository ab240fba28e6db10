/** The launch window at work in the machine: ramps, throttles and the timers between. */
import { expect, test } from 'vitest'
import { slotsWanted } from '../../../src/job/state.ts'
import { delays, launches, Machine } from './machine.ts'
import { failure, scan, success, toDriver } from './plans.ts'

const throttled = failure('THROTTLED', { retryable: true })

test('a backend that ramps up is filled as it grows; a timer says when, and only while tasks wait', () => {
  const ramp = { initial: 2, perSecond: 1 }
  const machine = new Machine([scan(0, 4, toDriver)], {}, { slots: 10, ramp })
  machine.start()
  expect(slotsWanted(machine.state)).toBe(2)
  const commands = machine.grant(4)
  expect(launches(commands)).toEqual(['0/0#1', '0/1#1'])
  expect(commands).toContainEqual({ type: 'returnSlots', count: 2 })
  expect(delays(commands, 'room')).toEqual([1_000])
  expect(slotsWanted(machine.state)).toBe(0)
  machine.fireAfter(1_000, 'room')
  expect(slotsWanted(machine.state)).toBe(1)
  expect(launches(machine.grant(1))).toEqual(['0/2#1'])
  expect(delays(machine.fireAfter(1_000, 'room'), 'room')).toEqual([])
  expect(launches(machine.grant(1))).toEqual(['0/3#1'])
  expect(delays(machine.commands, 'room')).toHaveLength(2)
})

test('an answer makes room without a timer', () => {
  const machine = new Machine([scan(0, 3, toDriver)], {}, { slots: 2 })
  machine.start()
  machine.grant(3)
  expect(delays(machine.commands, 'room')).toEqual([])
  expect(slotsWanted(machine.state)).toBe(0)
  machine.finish(0, 0)
  expect(slotsWanted(machine.state)).toBe(1)
})

test('a burst of throttles halves the window once and holds launches back for half a second', () => {
  const machine = new Machine([scan(0, 20, toDriver)], {}, { slots: 16 })
  machine.start()
  machine.grant(16)
  machine.now += 50
  for (const task of [12, 13, 14]) machine.finish(0, task, throttled)
  expect(machine.state.window.width).toBe(8)
  machine.now += 100
  for (const task of [12, 13, 14]) machine.retry(0, task)
  for (let task = 0; task < 12; task++) machine.finish(0, task)
  expect(slotsWanted(machine.state), 'too early').toBe(0)
  machine.fireAfter(500, 'room')
  expect(slotsWanted(machine.state)).toBe(7)
  expect(launches(machine.grant(7))).toHaveLength(7)
})

test('throttled attempts cost no retries and nothing of the budget, and the job gets there', () => {
  const machine = new Machine([scan(0, 1, toDriver)], { retries: 0 })
  const { budget } = machine.state
  machine.start()
  for (let attempt = 1; attempt <= 20; attempt++) {
    machine.grant(1)
    machine.finish(0, 0, throttled, attempt)
    machine.now += 30_000
    machine.retry(0, 0)
  }
  expect(machine.state.budget).toBe(budget)
  machine.grant(1)
  machine.finish(0, 0, success({ attempt: 21 }), 21)
  expect(machine.outcome?.outcome.state).toBe('succeeded')
})

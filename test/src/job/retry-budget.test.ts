/** The budget of retries of a whole job, driven by events written by hand. */
import { expect, test } from 'vitest'
import { Machine } from './machine.ts'
import { lost, scan, toDriver } from './plans.ts'

/** On four slots: a hundred retries to start with. */
function started(tasks: number): Machine {
  const machine = new Machine([scan(0, tasks, toDriver)], {}, { slots: 4 })
  machine.start()
  return machine
}

/** Each task from `from` on is launched and lost once. */
function lose(machine: Machine, from: number, to: number): void {
  for (let task = from; task < to; task++) {
    machine.grant(1)
    machine.finish(0, task, lost)
  }
}

test('a job that only loses attempts ends when the budget is used up, long before every task was tried', () => {
  const machine = started(100_000)
  lose(machine, 0, 100)
  expect(machine.outcome).toBeUndefined()
  lose(machine, 100, 101)
  expect(machine.outcome?.outcome).toMatchObject({
    state: 'failed',
    failure: {
      code: 'WORKER_LOST',
      message: expect.stringContaining('the job has used up its 100 retries'),
      place: { task: 100 },
    },
  })
  expect(machine.outcome?.failures[0]).toMatchObject({ code: 'WORKER_LOST', count: 101 })
})

test('commits pay for more: a job that loses a third of its attempts gets on', () => {
  const machine = started(900)
  for (let task = 0; task < 900; task += 3) {
    lose(machine, task, task + 1)
    for (const next of [task + 1, task + 2]) {
      machine.grant(1)
      machine.finish(0, next)
    }
  }
  expect(machine.outcome).toBeUndefined()
  expect(machine.state.budget.left).toBe(100)
})

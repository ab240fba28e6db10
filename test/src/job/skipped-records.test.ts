/** Bad records at the barrier of a stage, driven by events written by hand. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CountedFailure } from '../../../operators/index.ts'
import type { TaskSuccess } from '../../../src/task/task-event.ts'
import { Machine, startedWith } from './machine.ts'
import { scan, success, toDriver, toFiles } from './plans.ts'

const bad = (message: string): CountedFailure => ({
  count: 1,
  code: 'USER_FUNCTION',
  message,
  retryable: true,
  place: { operator: 'Map f' },
  causes: [],
})

/** A task that read `read` records, of which `records` were bad. */
function skipping(read: number, records: number, ...kinds: string[]): TaskSuccess {
  const parts = records === 0 ? [] : [{ key: `letters-${kinds.join()}`, rows: records, bytes: 1, crc32: 0 }]
  return {
    ...success({ rowsOut: read - records }),
    skipped: { read, records, failures: kinds.map(bad), parts },
  }
}

const stage = (tasks: number, tolerate: number, more = {}) =>
  scan(0, tasks, toFiles, { onError: { tolerate }, ...more })

describe('a stage of whose records some are bad', () => {
  test('finishes where no more than the tolerated share are, over all of its tasks', () => {
    const machine = startedWith(2, [stage(2, 0.1)])
    machine.finish(0, 1, skipping(90, 0))
    machine.finish(0, 0, skipping(10, 10, 'a'))
    expect(machine.outcome).toMatchObject({ outcome: { state: 'succeeded' }, failures: [bad('a')] })
  })

  test('fails the job where more are, by the counts and kinds in the order of the tasks, whatever order they end in', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), order => {
        const machine = startedWith(3, [stage(3, 0.1)])
        const results = [skipping(50, 3, 'a'), skipping(40, 4, 'b', 'a'), skipping(10, 4, 'c')]
        for (const task of order) machine.finish(0, task, results[task]!)
        const { outcome } = machine.outcome!
        expect(outcome).toMatchObject({
          state: 'failed',
          failure: {
            code: 'TOO_MANY_BAD_RECORDS',
            message: expect.stringMatching(/skipped 11 of 100[\s\S]*\n {2}a\n {2}b\n {2}c$/),
            place: { job: expect.any(String), stage: 0 },
          },
        })
      }),
    )
  })

  test('tells of each task that skipped, and keeps what names its dead letters, also before an exchange', () => {
    const machine = startedWith(2, [stage(2, 1)])
    machine.finish(0, 0, skipping(5, 2, 'a'))
    machine.finish(0, 1, skipping(5, 0))
    const committed = machine.commands.flatMap(command =>
      command.type === 'emit' && command.event.type === 'taskCommitted' ? [command.event.commit.skipped] : [],
    )
    expect(committed.map(skipped => [skipped?.records, skipped?.failures])).toEqual([
      [2, [bad('a')]],
      [0, []],
    ])
  })

  test('of a partial wave counts only the tasks that count', () => {
    const machine = new Machine([scan(0, 9, toDriver, { until: { rows: 15 }, onError: { tolerate: 0.1 } })])
    machine.start()
    machine.grant(1)
    machine.finish(0, 0, skipping(10, 0))
    machine.grant(3)
    machine.finish(0, 3, skipping(10, 10, 'a'))
    machine.finish(0, 1, skipping(10, 0))
    expect(machine.state.status).toMatchObject({ state: 'cancelling', outcome: { state: 'succeeded' } })
  })

  test('does not keep a kind once more for each task', () => {
    const machine = startedWith(3, [stage(3, 1)])
    for (const task of [0, 1]) machine.finish(0, task, skipping(10, 1, 'a'))
    const [first, second] = [0, 1].map(task => machine.state.stages.get(0).tasks.get(task))
    expect(first).toMatchObject({ skipped: { records: 1, failures: [bad('a')] } })
    expect(second).toMatchObject({ skipped: { records: 1, failures: [] } })
  })
})

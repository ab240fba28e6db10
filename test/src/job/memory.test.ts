/** Tasks that run out of memory, driven by events written by hand. */
import { expect, test } from 'vitest'
import type { Command } from '../../../src/job/command.ts'
import { Machine } from './machine.ts'
import { failure, id, lost, reader, scan, success, toDriver, toFiles, toPartitions } from './plans.ts'

const full = failure('OUT_OF_MEMORY', { retryable: true, message: 'the heap is full' })
const SIZES = { memorySizesMb: [512, 1_024, 2_048] }

/** `stage/task#attempt memory` of each launch. */
const memories = (commands: readonly Command[]): string[] =>
  commands.flatMap(c => (c.type === 'launchTask' ? [`${c.stage}/${c.task}#${c.attempt} ${c.memoryMb}`] : []))

test('that task alone is launched again with the next size, and keeps it when it fails otherwise', () => {
  const machine = new Machine([scan(0, 3, toDriver)], {}, SIZES)
  machine.start()
  expect(memories(machine.grant(2))).toEqual(['0/0#1 512', '0/1#1 512'])
  machine.finish(0, 0, full)
  machine.retry(0, 0)
  const commands = machine.grant(2)
  expect(memories(commands)).toEqual(['0/0#2 1024', '0/2#1 512'])
  expect(commands).toContainEqual({
    type: 'emit',
    event: { type: 'taskStarted', stage: 0, task: 0, attempt: 2, memoryMb: 1_024 },
  })
  machine.finish(0, 0, lost, 2)
  machine.retry(0, 0)
  expect(memories(machine.grant(1))).toEqual(['0/0#3 1024'])
})

test('at the largest size the job ends, and says which partition it was, its size and what to do', () => {
  const first = scan(0, 1, toPartitions(2))
  const machine = new Machine([first, reader(1, [first], toFiles)], { retries: 1 }, SIZES)
  machine.start()
  machine.grant(1)
  machine.finish(0, 0)
  machine.grant(1)
  machine.writeManifest(0, { ...success({ rowsOut: 10 }), partitionBytes: [3, 4_000_000] })
  machine.grant(2)
  for (let attempt = 1; attempt <= 2; attempt++) {
    machine.finish(1, 1, full, attempt)
    machine.retry(1, 1)
    machine.grant(1)
  }
  machine.finish(1, 1, full, 3)
  machine.finish(1, 0, success({}))
  const outcome = machine.outcome?.outcome
  expect(outcome).toMatchObject({
    state: 'failed',
    failure: {
      code: 'OUT_OF_MEMORY',
      message: expect.stringMatching(
        /^task 1 \(partition 1\) of stage 1 \(Read 0\), which reads 4 MB, ran out of memory with 2048 MB/,
      ),
      hint: expect.stringContaining('.with({ partitions })'),
      place: { stage: 1, task: 1, attempt: 3 },
    },
  })
  expect(machine.outcome?.failures.map(f => [f.message, f.count])).toEqual([
    ['the heap is full', 3],
    [expect.stringContaining('the most there is'), 1],
  ])
})

test('where workers have one size, it is tried once more in a fresh worker', () => {
  const machine = new Machine([scan(0, 1, toDriver)])
  machine.start()
  machine.grant(1)
  machine.finish(0, 0, full)
  machine.retry(0, 0)
  expect(memories(machine.grant(1))).toEqual(['0/0#2 512'])
  machine.finish(0, 0, full, 2)
  expect(machine.outcome?.outcome.state).toBe('failed')
})

test('a stage that asks for more starts with more where the sizes are all of a worker’s memory', () => {
  const started = (memoryIsTotal: boolean): string[] => {
    const machine = new Machine([scan(0, 1, toDriver, { memoryMb: 600 })], {}, { ...SIZES, memoryIsTotal })
    machine.start()
    return memories(machine.grant(1))
  }
  expect(started(true)).toEqual(['0/0#1 1024'])
  expect(started(false)).toEqual(['0/0#1 512'])
})

test('a task that is made again starts with what it needed before', () => {
  const first = scan(0, 1, toPartitions(1))
  const machine = new Machine([first, reader(1, [first], toFiles)], {}, SIZES)
  machine.start()
  machine.grant(1)
  machine.finish(0, 0, full)
  machine.retry(0, 0)
  machine.grant(1)
  machine.finish(0, 0, success({ attempt: 2, rowsOut: 10 }), 2)
  machine.grant(1)
  machine.writeManifest(0)
  machine.grant(1)
  const { failure: gone } = failure('CORRUPT', { retryable: true })
  const lostOutput = { job: 'job-1', stage: id(0), task: 0, generation: 0 }
  machine.finish(1, 0, { ok: false, failure: { ...gone, lost: lostOutput } })
  expect(memories(machine.grant(1))).toEqual(['0/0#3 1024'])
})

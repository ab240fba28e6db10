import { expect, test } from 'vitest'
import type { Stage, StageId } from '../../planner/index.ts'
import { wavesOf } from '../../planner/waves.ts'

/** Stages by what they read. */
function stages(...reads: number[][]): Stage[] {
  return reads.map((from, id) => ({
    id: id as StageId,
    title: '',
    inputs: from.map(one => ({
      kind: 'exchange',
      from: one as StageId,
      partitions: 1,
      partitioning: { kind: 'gather' },
    })),
    layout: 'zip',
    tasks: 1,
    root: { op: 'input', input: 0 },
    output: { kind: 'result', output: 0 },
    memoryMb: 1,
    timeoutMs: 1,
    concurrency: 1,
  }))
}

test('a stage is in the first wave after all that it reads', () => {
  expect(wavesOf(stages([], [0], [], [1, 2], [2]))).toEqual([[0, 2], [1, 4], [3]])
})

test('more than ten stages stay in the order of their numbers', () => {
  expect(wavesOf(stages(...new Array(12).fill([])))).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]])
})

test('a stage may read another twice', () => {
  expect(wavesOf(stages([], [0, 0]))).toEqual([[0], [1]])
})

test('stages that wait for each other are refused by name', () => {
  expect(() => wavesOf(stages([2], [0], [1]))).toThrow(
    expect.objectContaining({
      code: 'INVALID_PLAN',
      message: expect.stringMatching(/wait for each other: .*[012] → /),
    }),
  )
})

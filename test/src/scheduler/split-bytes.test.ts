/** Bytes of the tasks of a stage, from its splits. */
import { expect, test } from 'vitest'
import type { Planned, Split, StageInput } from '../../../planner/index.ts'
import { splitBytes } from '../../../src/scheduler/split-bytes.ts'
import { id, planned, reader, scan, toDriver, toPartitions } from '../job/plans.ts'

const range = (start: number, end: number) => ({
  root: 'file:///',
  key: 'a',
  start,
  end,
  size: 99,
  version: '1',
})

test('a split is as large as its ranges are together', () => {
  const stage = scan(0, 2, toDriver)
  const splits: Split[] = [{ ranges: [range(0, 5), range(90, 99)] }, { ranges: [] }]
  const plan: Planned = { ...planned([stage]), splits: new Map([[id(0), [splits]]]) }
  expect(splitBytes(plan, stage)).toEqual([[14, 0]])
})

test('an exchange has no splits, and a range or an Arrow file none that are bytes', () => {
  const first = scan(0, 2, toPartitions(2))
  const both = reader(1, [first], toDriver)
  expect(splitBytes(planned([first, both]), both)).toEqual([null])
  for (const format of [{ format: 'arrow' }, { format: 'range', start: 0, step: 1 }] as const) {
    const input: StageInput = { ...(first.inputs[0] as StageInput & { kind: 'splits' }), format }
    const stage = { ...first, inputs: [input] }
    expect(splitBytes(planned([stage]), stage)).toEqual([null])
  }
})

test('of a plan whose splits are missing nothing is known', () => {
  const stage = scan(0, 2, toDriver)
  expect(splitBytes({ ...planned([stage]), splits: new Map() }, stage)).toEqual([null])
})

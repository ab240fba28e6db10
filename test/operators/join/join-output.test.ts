/** Batches of a join's result: where they are cut, and what they share with what was streamed. */
import { expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { JoinOutput } from '../../../operators/join/join-output.ts'
import { joinPlan } from '../../../operators/join/join-plan.ts'
import { JoinSchemas } from '../../../operators/join/join-schemas.ts'
import { batchOf } from '../batch/batch-of.ts'
import { specOf } from './run-join.ts'

const left = batchOf([{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }])
const right = batchOf([{ b: 'x' }, { b: 'y' }])

async function pairs(rows: number, streamed: readonly number[], built: readonly number[]): Promise<Batch[]> {
  const plan = joinPlan(specOf('cross', []), 'Join test')
  const schemas = new JoinSchemas(plan)
  schemas.see(0, left.schema)
  schemas.see(1, right.schema)
  const output = new JoinOutput(plan, { rows, bytes: 1000 })
  const batches: Batch[] = []
  output.to(batch => {
    batches.push(batch)
  })
  output.use(schemas.layout)
  output.setBuilt(right, null)
  output.setStreamed(left, null)
  await output.addPairs(Int32Array.from(streamed), Int32Array.from(built), streamed.length)
  await output.flush()
  return batches
}

test('a batch ends with the row that fills it', async () => {
  const batches = await pairs(3, [0, 1, 2, 3], [0, 0, 1, 1])
  expect(batches.map(recordsOf)).toEqual([
    [
      { a: 1, b: 'x' },
      { a: 2, b: 'x' },
      { a: 3, b: 'y' },
    ],
    [{ a: 4, b: 'y' }],
  ])
})

test('columns of the streamed side are shared where all its rows stand there once, in their order', async () => {
  const [whole] = await pairs(9, [0, 1, 2, 3], [1, 1, 0, 0])
  expect(whole?.columns[0]).toBe(left.columns[0])
  const [other] = await pairs(9, [0, 1, 3, 2], [1, 1, 0, 0])
  expect(other?.columns[0]).not.toBe(left.columns[0])
  expect(recordsOf(other!).at(-1)).toEqual({ a: 3, b: 'x' })
})

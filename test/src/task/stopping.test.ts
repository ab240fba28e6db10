/** A task that merges what it has put aside stops where it is told to. */
import { expect, it } from 'vitest'
import type { StageId } from '../../../planner/index.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { StoreRuns } from '../../../src/task/run-store.ts'
import { batchOf } from '../../operators/batch/batch-of.ts'

it('a run asks at every batch, written or read, whether the task must stop', async () => {
  const event = { job: 'j', stage: 3 as StageId, task: 7, attempt: 2, nonce: '0123456789abcdef' }
  const store = new MemoryStore({ name: 'stopping' })
  let left = Number.POSITIVE_INFINITY
  const guard = (): void => {
    if (left-- <= 0) throw new Error('stop')
  }
  const runs = new StoreRuns({ store, event, readAheadBytes: 1 << 20, guard })
  const writer = await runs.open()
  for (let i = 0; i < 4; i++) await writer.write(batchOf([{ i }]))
  writer.endRun()
  const [run] = await writer.close()
  left = 2
  let read = 0
  await expect(async () => {
    for await (const batch of run!.batches()) read += batch.length
  }).rejects.toThrow('stop')
  expect(read).toBe(2)
  left = 1
  const next = await runs.open()
  await next.write(batchOf([{ i: 1 }]))
  await expect(next.write(batchOf([{ i: 2 }]))).rejects.toThrow('stop')
  await runs.close()
  for await (const { key } of store.list('')) throw new Error(`${key} was left`)
})

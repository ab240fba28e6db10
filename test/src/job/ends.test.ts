/** How jobs end: by one driver, and not by who comes late. */
import { expect, test } from 'vitest'
import type { JobReport } from '../../../src/events/job-event.ts'
import { hasEnded, type JobEnd, readEnd, reopen, writeEnd } from '../../../src/job/ends.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'

const end = (state: JobReport['state'], finishedAt: number): JobEnd => ({
  version: 1,
  report: { state, finishedAt } as JobReport,
})

test('a job that nobody has ended has not ended', async () => {
  const store = new MemoryStore({ name: 'ends' })
  expect(await hasEnded(store, 'a')).toBe(false)
  expect(await readEnd(store, 'a')).toBeUndefined()
})

test('a job that has ended is not ended again, by whatever driver', async () => {
  const store = new MemoryStore({ name: 'ends' })
  expect(await writeEnd(store, 'a', 2, end('failed', 5))).toBe(true)
  expect(await writeEnd(store, 'a', 3, end('cancelled', 6))).toBe(false)
  expect(await writeEnd(store, 'a', 1, end('succeeded', 7))).toBe(false)
  expect(await readEnd(store, 'a')).toEqual(end('failed', 5))
})

test('a job that was reopened has not ended, until its driver ends it', async () => {
  const store = new MemoryStore({ name: 'ends' })
  await writeEnd(store, 'a', 1, end('failed', 5))
  await reopen(store, 'a', 2)
  expect(await hasEnded(store, 'a')).toBe(false)
  expect(await readEnd(store, 'a')).toBeUndefined()
  expect(await writeEnd(store, 'a', 2, end('succeeded', 9))).toBe(true)
  expect(await readEnd(store, 'a')).toEqual(end('succeeded', 9))
})

test('a driver that slept while another reopened the job ends nothing, and is told so', async () => {
  const store = new MemoryStore({ name: 'ends' })
  await reopen(store, 'a', 2)
  expect(await writeEnd(store, 'a', 1, end('failed', 5))).toBe(false)
  expect(await hasEnded(store, 'a')).toBe(false)
})

test('a driver that slept while it reopened a job takes no end of a later driver away', async () => {
  const store = new MemoryStore({ name: 'ends' })
  await writeEnd(store, 'a', 1, end('failed', 5))
  await reopen(store, 'a', 3)
  await writeEnd(store, 'a', 3, end('succeeded', 9))
  await reopen(store, 'a', 2)
  expect(await readEnd(store, 'a')).toEqual(end('succeeded', 9))
})

test('an end that is damaged is an error that names it', async () => {
  const store = new MemoryStore({ name: 'ends' })
  await store.put('jobs/a/ends/000001-ended.json', Buffer.from('{}'))
  await expect(readEnd(store, 'a')).rejects.toMatchObject({
    code: 'CORRUPT',
    message: 'memory://ends/jobs/a/ends/000001-ended.json is not an intact record',
  })
})

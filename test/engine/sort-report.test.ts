/** What a report says of a sort, whose source is read twice: once for samples, once to be divided. */
import { writeFile } from 'node:fs/promises'
import { range, read } from 'dunlin'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Workplace, workplace } from './workplace.ts'

let place: Workplace
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.close())

it('bad text is counted once', async () => {
  const engine = place.engine({ isolation: 'inline' })
  await writeFile(
    place.path('bad.txt'),
    Buffer.concat([Buffer.from('b\na\n'), Buffer.of(0xff), Buffer.from('c\n')]),
  )
  const plain = await read.text('bad.txt').write.text('plain/').run({ engine })
  const sorted = await read.text('bad.txt', { splitBytes: 2 }).sortBy('value').with({ partitions: 2 })
  const report = await sorted.write.text('sorted/').run({ engine })
  expect(plain.invalidText).toBe(1)
  expect(report.stages.length).toBeGreaterThan(2)
  expect(report.invalidText).toBe(1)
})

it('what was spilled is told, and nothing is where nothing was', async () => {
  const engine = place.engine({ isolation: 'inline' })
  const rows = range(20_000).map(n => ({ n: (n * 7919) % 20_000, pad: 'x'.repeat(100) }))
  const small = await rows
    .sortBy('n')
    .with({ memoryMb: 1, partitions: 1 })
    .write.jsonl('small/')
    .run({ engine })
  const large = await rows.sortBy('n').with({ partitions: 1 }).write.jsonl('large/').run({ engine })
  expect(small.bytesSpilled).toBeGreaterThan(2e6)
  expect(large.bytesSpilled).toBe(0)
  expect(large.peakMemoryBytes).toBeGreaterThan(1e7)
})

it('a sort that is cancelled while it merges ends, and leaves no runs', async () => {
  const engine = place.engine({ isolation: 'thread', workers: 2 })
  const stop = new AbortController()
  const rows = range(60_000).map(n => ({ n: (n * 7919) % 60_000, pad: 'x'.repeat(200) }))
  const running = rows
    .sortBy('n')
    .with({ memoryMb: 1, partitions: 1 })
    .filter(row => {
      if (row.n === 10) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
      return true
    })
    .write.jsonl('cancelled/')
    .run({
      engine,
      signal: stop.signal,
      onEvent: event => {
        if (event.type === 'taskStarted' && event.stage > 0) setTimeout(() => stop.abort(), 150)
      },
    })
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
  const left: string[] = []
  for await (const { key } of engine.store.list('jobs/')) if (key.includes('/runs/')) left.push(key)
  expect(left).toEqual([])
})

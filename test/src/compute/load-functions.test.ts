/** Loading shipped functions on a worker. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFunctionLoader } from '../../../src/compute/load-functions.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dunlin-code-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const source = new TextEncoder().encode('export default [n => n * 2, () => "two"]\n')
const hash = createHash('sha256').update(source).digest('hex')

it('gives the functions of the module that the job stored, the same ones each time', async () => {
  const store = new MemoryStore({ name: 'jobs' })
  await store.put(`code/${hash}.mjs`, source)
  const loader = createFunctionLoader({ directory: join(directory, 'not', 'there') })
  const [first, second] = await Promise.all([loader.load(store, hash), loader.load(store, hash)])
  expect((first[0] as (n: number) => number)(21)).toBe(42)
  expect(second).toBe(first)
  expect(loader.modules).toBe(1)
})

it('fails where the module is missing, and finds it the next time', async () => {
  const store = new MemoryStore({ name: 'jobs' })
  const loader = createFunctionLoader({ directory })
  const other = new TextEncoder().encode('export default [() => 3]\n')
  const otherHash = createHash('sha256').update(other).digest('hex')
  await expect(loader.load(store, otherHash)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining(`memory://jobs/code/${otherHash}.mjs`),
    hint: expect.stringContaining('Run the pipeline again'),
  })
  await store.put(`code/${otherHash}.mjs`, other)
  expect(await loader.load(store, otherHash)).toHaveLength(1)
})

it('runs no byte of a module that is not the one the task names', async () => {
  const store = new MemoryStore({ name: 'jobs' })
  const wrong = 'f'.repeat(64)
  await store.put(
    `code/${wrong}.mjs`,
    new TextEncoder().encode('globalThis.wasRun = true; export default []'),
  )
  await expect(createFunctionLoader({ directory }).load(store, wrong)).rejects.toMatchObject({
    code: 'CORRUPT',
  })
  expect('wasRun' in globalThis).toBe(false)
})

/** Large captured values: bytes beside the module, the same objects on the worker. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createFunctionLoader } from '../../../src/compute/load-functions.ts'
import { uploadCode } from '../../../src/engine/stored-code.ts'
import { blobText, dataOf, encodeBlob, withData } from '../../../src/ship/data-blob.ts'
import { hashOf } from '../../../src/ship/hash-of.ts'
import type { ShippedModule } from '../../../src/ship/ship.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { fixtures, runFixture } from './run-fixture.ts'

const directory = mkdtempSync(join(tmpdir(), 'dunlin-blob-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

it('large values of every plain kind are the same on a worker', async () => {
  const { outcomes, there } = await runFixture(join(fixtures, 'large-values.ts'))
  const refused = outcomes.filter(one => one.refused !== undefined)
  expect(refused.map(one => `${one.name}: ${one.refused!.message.split('\n')[0]}`)).toEqual([
    'refused: a buffer with a property: cannot ship: a typed array with properties of its own',
  ])
  const wrong = outcomes
    .filter(one => !refused.includes(one))
    .filter(one => one.here === undefined || there[one.name] !== one.here)
  expect(wrong.map(one => ({ ...one, there: there[one.name] }))).toEqual([])
  const sizes = Object.fromEntries(outcomes.map(({ name, sizeBytes = 0 }) => [name, sizeBytes]))
  expect(sizes['a part of a buffer']).toBeLessThan(2000)
  expect(sizes['a large part of a buffer']).toBeLessThan(810_000)
  expect(sizes['parts of one buffer']).toBeGreaterThan(4_000_000)
  const blobs = Object.fromEntries(outcomes.map(({ name, blobs = [] }) => [name, blobs.length]))
  expect(blobs).toEqual({
    'a part of a buffer': 0,
    'a large part of a buffer': 1,
    'parts of one buffer': 1,
    'a part whose buffer is asked for': 1,
    'a DataView of a part': 0,
    rows: 1,
    'an object inside is the same object': 1,
    'a map and a part of its value': 1,
    'a set': 1,
    'typed arrays that share a buffer': 1,
    'cycles and doubles': 1,
    'a buffer': 1,
    'a long text': 1,
    'two uses of a long text': 1,
    'an object with a function': 1,
    'a frozen array': 0,
    'an array with a hole and a property': 0,
    'a small one': 0,
    'keys and values of a map': 1,
    'a buffer that cannot grow': 0,
    'refused: a buffer with a property': 0,
    'an instance': 1,
  })
})

/** As `ship` makes it, of a value that is given. */
function moduleOf(value: unknown, name: string): ShippedModule {
  const bytes = encodeBlob(value)
  const blob = hashOf(bytes)
  const source = Buffer.from(
    withData(`const data = ${blobText(blob)};\nexport default [() => data /* ${name} */];`, [blob]),
  )
  return {
    hash: hashOf(source),
    source,
    blobs: new Map([[blob, bytes]]),
    functions: [],
    warnings: [],
    sourceMap: '{}',
    packages: [],
    captured: [],
  }
}

class CountingStore extends MemoryStore {
  readonly puts: string[] = []
  override put(...given: Parameters<MemoryStore['put']>): ReturnType<MemoryStore['put']> {
    this.puts.push(given[0])
    return super.put(...given)
  }
}

it('data goes to the store once by content, and each module has values of its own', async () => {
  const store = new CountingStore({ name: 'jobs' })
  const [first, second] = [moduleOf({ list: [1] }, 'first'), moduleOf({ list: [1] }, 'second')]
  for (const module of [first, second, first]) await uploadCode(store, module)
  expect(store.puts.filter(key => key.endsWith('.bin'))).toHaveLength(1)
  expect(dataOf(first.source)).toEqual([...first.blobs.keys()])
  const loader = createFunctionLoader({ directory })
  const [a, b] = await Promise.all([loader.load(store, first.hash), loader.load(store, second.hash)])
  const [x, y] = [a[0]!(), b[0]!()]
  expect(x).toEqual(y)
  expect(x).not.toBe(y)
  expect(a[0]!()).toBe(x)
  expect(loader.sizeBytes).toBeGreaterThan(2 * first.source.byteLength)
})

it.each(['mjs', 'bin'])('a flipped byte of the stored .%s is a typed error, and nothing runs', async kind => {
  const store = new MemoryStore({ name: 'jobs' })
  const module = moduleOf(`flipped ${kind}`, 'globalThis.wasRun = true')
  await uploadCode(store, module)
  const [blob] = module.blobs.keys()
  const key = kind === 'mjs' ? `code/${module.hash}.mjs` : `code/${blob}.bin`
  const bytes = Uint8Array.from(await store.get(key))
  bytes[bytes.length >> 1]! ^= 1
  await store.put(key, bytes)
  await expect(createFunctionLoader({ directory }).load(store, module.hash)).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringContaining(key),
    hint: expect.stringContaining('remove it there'),
  })
})

it('data that is lost is a typed error that says so', async () => {
  const store = new MemoryStore({ name: 'jobs' })
  const module = moduleOf('lost', 'lost')
  await store.put(`code/${module.hash}.mjs`, module.source)
  await expect(createFunctionLoader({ directory }).load(store, module.hash)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('the code of the job is lost'),
  })
})

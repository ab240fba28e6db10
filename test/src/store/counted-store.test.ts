import { expect, test } from 'vitest'
import { uploadRequests } from '../../../planner/index.ts'
import { countedStores } from '../../../src/store/counted-store.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'

const MIB = 1 << 20
const UPLOADS = { longestPutBytes: 16 * MIB, partBytes: 8 * MIB, partsPerLength: 1_000 }

test('requests are counted by kind, and go on to the store that they are for', async () => {
  const store = new MemoryStore({ name: 'counted' })
  const { stores, counts } = countedStores({ open: () => store })
  const counted = stores.open(store.uri)
  expect(stores.open(store.uri)).toBe(counted)
  await counted.put('a', Buffer.from('abc'))
  const writer = await counted.writer('b')
  await writer.write(Buffer.from('b'))
  await writer.close()
  await counted.get('a')
  await counted.head('nowhere')
  for await (const _ of counted.stream('a')) break
  const keys: string[] = []
  for await (const { key } of counted.list('')) keys.push(key)
  await counted.move('a', 'c')
  await counted.delete(['b', 'c'])
  expect(keys).toEqual(['a', 'b'])
  expect(counts).toEqual({ gets: 3, puts: 3, lists: 1, deletes: 2 })
})

test('of objects in parts each part counts, and the beginning and the end of the upload', async () => {
  const memory = new MemoryStore({ name: 'parts' })
  const store: ObjectStore = Object.assign(memory, { uploads: UPLOADS })
  const { stores, counts } = countedStores({ open: () => store })
  const counted = stores.open('')
  await counted.put('whole', new Uint8Array(16 * MIB))
  expect(counts.puts).toBe(1)
  await counted.put('longer', new Uint8Array(16 * MIB + 1))
  expect(counts.puts).toBe(1 + 5)
  const writer = await counted.writer('pieces')
  await writer.write(new Uint8Array(8 * MIB))
  await writer.close()
  expect(counts.puts).toBe(1 + 5 + 3)
})

test('parts grow as an upload goes on', () => {
  const requests = (mib: number): number => uploadRequests({ bytes: mib * MIB, isWhole: false }, UPLOADS)
  expect([7, 8, 8_000, 8_016, 8_017].map(requests)).toEqual([1, 3, 1_002, 1_003, 1_004])
  expect(uploadRequests({ bytes: 1e12, isWhole: true }, undefined)).toBe(1)
})

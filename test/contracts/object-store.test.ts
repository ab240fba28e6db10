/** Every object store keeps the contract. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileStore } from '../../src/store/file-store.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { storeIn } from '../fixtures/s3/buckets.ts'
import { describeOnMoto } from '../fixtures/s3/moto-server.ts'
import { objectStoreContract } from './object-store.contract.ts'

for (const followSymlinks of [false, true]) {
  objectStoreContract({
    name: `FileStore${followSymlinks ? ' that follows links' : ''}`,
    async open() {
      const root = await mkdtemp(join(tmpdir(), 'dunlin store #%-'))
      return {
        store: new FileStore({ root, followSymlinks }),
        close: () => rm(root, { recursive: true, force: true }),
      }
    },
  })
}

objectStoreContract({
  name: 'MemoryStore',
  open: async () => ({ store: new MemoryStore({ name: 'test' }), close: async () => {} }),
})

await describeOnMoto('S3', moto => {
  objectStoreContract({
    name: 'S3Store',
    open: async () => ({ store: await storeIn(moto.endpoint, 'contract'), close: moto.close }),
  })
})

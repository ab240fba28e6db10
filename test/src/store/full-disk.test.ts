/** A FileStore on a disk that is full, and one whose root spans two file systems. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DunlinError } from '../../../operators/index.ts'
import { FileStore } from '../../../src/store/file-store.ts'

const DISK_BYTES = 1 << 20

const shell = (script: string, path: string): unknown =>
  execFileSync('/bin/sh', ['-c', script, path], { stdio: 'ignore' })

function mounts(directory: string): boolean {
  try {
    shell(`mount -t tmpfs -o size=${DISK_BYTES} tmpfs "$0"`, directory)
    return true
  } catch {
    return false
  }
}

const root = await mkdtemp(join(tmpdir(), 'dunlin-disk-'))
const disk = join(root, 'disk')
mkdirSync(disk)
const mounted = mounts(disk)
const title = mounted
  ? 'a disk of one megabyte'
  : 'a disk of one megabyte (skipped: mounting a tmpfs is not allowed here)'

describe.skipIf(!mounted)(title, () => {
  let store: FileStore

  beforeAll(() => {
    store = new FileStore({ root: disk })
  })

  const failure = (promise: Promise<unknown>): Promise<DunlinError> =>
    promise.then(
      () => expect.fail('it did not fail'),
      (error: DunlinError) => error,
    )

  it('says NO_SPACE with the directory, and leaves no temporary file', async () => {
    const tooMuch = new Uint8Array(2 * DISK_BYTES)
    const pieces = Array.from({ length: 40 }, () => new Uint8Array(50_000))
    for (const attempt of [
      () => store.put('d/a', tooMuch),
      () => store.put('d/a', pieces),
      () => store.put('d/a', pieces, { ifAbsent: true }),
    ]) {
      const error = await failure(attempt())
      expect([error.code, error.message]).toEqual(['NO_SPACE', expect.stringContaining(join(disk, 'd'))])
      expect(error.hint).toContain('Free some space')
      expect(readdirSync(disk)).toEqual([])
    }
  })

  it('gives its space back when a writer meets the end of it', async () => {
    const writer = await store.writer('d/w')
    const filling = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) await writer.write(new Uint8Array(60_000))
    }
    expect((await failure(filling())).code).toBe('NO_SPACE')
    expect((await failure(writer.close())).code).toBe('STORE')
    await writer.abort()
    expect(readdirSync(disk)).toEqual([])
    await store.put('fits', new Uint8Array(DISK_BYTES / 2))
    expect((await store.get('fits')).byteLength).toBe(DISK_BYTES / 2)
    await store.delete(['fits'])
  })

  it('keeps the old object where its replacement does not fit', async () => {
    await store.put('kept', new Uint8Array(600_000).fill(1))
    expect((await failure(store.put('kept', new Uint8Array(600_000).fill(2)))).code).toBe('NO_SPACE')
    expect((await store.get('kept')).every(byte => byte === 1)).toBe(true)
    await store.delete(['kept'])
  })

  it('takes objects that are moved to it from another file system, or refuses them whole', async () => {
    const both = new FileStore({ root })
    await both.put('small', new Uint8Array(1000).fill(7))
    await both.move('small', 'disk/moved/small')
    expect((await both.get('disk/moved/small'))[999]).toBe(7)
    expect(await both.head('small')).toBeUndefined()
    await both.put('large', new Uint8Array(2 * DISK_BYTES))
    expect((await failure(both.move('large', 'disk/moved/large'))).code).toBe('NO_SPACE')
    expect(readdirSync(join(disk, 'moved'))).toEqual(['small'])
    expect((await both.head('large'))?.sizeBytes).toBe(2 * DISK_BYTES)
  })
})

afterAll(async () => {
  if (mounted) shell('umount "$0"', disk)
  await rm(root, { recursive: true, force: true })
})

/** Opening stores by URI. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStores } from '../../../src/store/open-stores.ts'

describe('stores', () => {
  it('are the same instance for the same root, however it is written', () => {
    const stores = createStores()
    const store = stores.open('file:///tmp/a%20b/')
    expect(stores.open('file:///tmp/a%20b')).toBe(store)
    expect(stores.open('file:///tmp/x/../a b')).toBe(store)
    expect(stores.open('FILE:///tmp/a%20b/')).toBe(store)
    expect(stores.open('file:///tmp/other/')).not.toBe(store)
    expect(store.uri).toBe('file:///tmp/a%20b/')
  })

  it('in memory live as long as the Stores that opened them', async () => {
    const stores = createStores()
    await stores.open('memory://jobs').put('a', new Uint8Array([1]))
    expect((await stores.open('memory://jobs/').head('a'))?.sizeBytes).toBe(1)
    expect(stores.open('memory://jobs').uri).toBe('memory://jobs/')
    expect(await stores.open('memory://other/').head('a')).toBeUndefined()
    expect(await createStores().open('memory://jobs/').head('a')).toBeUndefined()
  })

  it.each([
    ['s3://bucket/x/', 's3:', 'AWS engine'],
    ['ftp://x/', 'file: and memory:', 'choose the engine'],
    ['just/a/path', 'is not the URI of a store', 'Give a path'],
  ])('of %s are a CONFIGURATION error that says what is known', (uri, message, hint) => {
    expect(() => createStores().open(uri)).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    )
  })
})

describe('links', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dunlin-stores-'))
    mkdirSync(join(root, 'data'))
    writeFileSync(join(root, 'file'), 'x')
    symlinkSync(join(root, 'file'), join(root, 'data', 'link'))
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('are followed in directories of data, refused in roots of dunlin alone', async () => {
    const uri = pathToFileURL(join(root, 'data')).href
    expect((await createStores().open(uri).get('link')).byteLength).toBe(1)
    await expect(
      createStores({ ownRoots: [uri] })
        .open(uri)
        .get('link'),
    ).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
    })
  })
})

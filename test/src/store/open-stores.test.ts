/** Opening stores by URI. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/ports/system-clock.ts'
import { systemRandom } from '../../../src/ports/system-random.ts'
import { createStores } from '../../../src/store/open-stores.ts'
import { patientStore } from '../../../src/store/patient-store.ts'

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
    ['ftp://x/', 'file:, memory:, s3:', 'or a file: or s3: URI'],
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

describe('a store on S3', () => {
  it('is opened without a request, and is the same however its root is written', () => {
    const stores = createStores()
    const store = stores.open('s3://bucket/jobs')
    expect(stores.open('s3://bucket/jobs/')).toBe(store)
    expect(store).toMatchObject({ uri: 's3://bucket/jobs/', isPatient: true })
    expect(patientStore(store, { clock: systemClock, random: systemRandom })).toBe(store)
  })

  it('checks keys like any other', async () => {
    const store = createStores({ s3: { endpoint: 'http://127.0.0.1:1' } }).open('s3://bucket/jobs/')
    await expect(store.get('../a')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(createStores().open('s3://b/').get('a')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
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

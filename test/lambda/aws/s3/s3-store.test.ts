/** What the S3 store asks of S3, as the log of a proxy shows it. */
import type { S3 } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { S3Store } from '../../../../lambda/aws/index.ts'
import { Hedge } from '../../../../lambda/aws/s3/hedge.ts'
import { moveObject } from '../../../../lambda/aws/s3/move-object.ts'
import { parseS3Uri } from '../../../../lambda/aws/s3/s3-uri.ts'
import { STALE_UPLOAD_MS } from '../../../../lambda/aws/s3/sweep-uploads.ts'
import { systemClock } from '../../../../src/ports/system-clock.ts'
import { systemRandom } from '../../../../src/ports/system-random.ts'
import { makeBucket, plainClient, seed } from '../../../fixtures/s3/buckets.ts'
import { type FaultProxy, first, startFaultProxy } from '../../../fixtures/s3/fault-proxy.ts'
import { describeOnMoto } from '../../../fixtures/s3/moto-server.ts'

const uri = 's3://store/in here/'
const MIB = 2 ** 20

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const keysOf = async (store: S3Store, prefix: string): Promise<string[]> =>
  (await Array.fromAsync(store.list(prefix))).map(({ key }) => key)

await describeOnMoto('the S3 store', moto => {
  let proxy: FaultProxy
  let s3: S3
  let store: S3Store

  beforeAll(async () => {
    proxy = await startFaultProxy(moto.endpoint)
    s3 = plainClient(proxy.endpoint)
    await makeBucket(moto.endpoint, 'store')
  })
  afterAll(async () => {
    s3.destroy()
    await proxy.close()
    await moto.close()
  })
  beforeEach(() => {
    proxy.reset()
    store = new S3Store({ uri, s3 })
  })

  it('reads ranges by ranged GETs, and nothing by none', async () => {
    await store.put('a', text('hello, world'))
    proxy.reset()
    await store.get('a', { offset: 7, length: 5 })
    for await (const _ of store.stream('a', { offset: 3 })) {
    }
    await store.get('a')
    await store.get('a', { offset: 12, length: 0 })
    expect(proxy.log.map(({ method, range }) => [method, range])).toEqual([
      ['GET', 'bytes=7-11'],
      ['GET', 'bytes=3-'],
      ['GET', undefined],
      ['HEAD', undefined],
    ])
  })

  it('writes with If-None-Match where it must be the first', async () => {
    await store.put('first', text('x'), { ifAbsent: true })
    expect(await store.put('first', text('y'), { ifAbsent: true })).toEqual({ created: false })
    expect(proxy.log.map(({ headers, status }) => [headers['if-none-match'], status])).toEqual([
      ['*', 200],
      ['*', 412],
    ])
  })

  it('lists 2,500 keys by three requests, and deletes them by three', async () => {
    await seed(moto.endpoint, 'store', 'in here/many/', 2_500)
    const keys = await keysOf(store, 'many/')
    expect(new Set(keys).size).toBe(2_500)
    expect(proxy.log.map(({ query }) => query.has('continuation-token'))).toEqual([false, true, true])
    proxy.reset()
    await store.delete(keys)
    expect(proxy.log.map(({ method, query }) => method === 'POST' && query.has('delete'))).toEqual([
      true,
      true,
      true,
    ])
    expect(await keysOf(store, 'many/')).toEqual([])
  })

  it('passes over the empty objects that consoles make for folders, and over nothing else', async () => {
    for (const Key of ['in here/folder/', 'in here/folder/sub/'])
      await s3.putObject({ Bucket: 'store', Key, Body: new Uint8Array(0) })
    await store.put('folder/a', text('x'))
    expect(await keysOf(store, 'folder/')).toEqual(['folder/a'])
    await s3.putObject({ Bucket: 'store', Key: 'in here/folder/b//c', Body: 'data' })
    await expect(keysOf(store, 'folder/')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('"folder/b//c"'),
    })
  })

  it('writes 30 MB in parts of 8 MiB, two at once', async () => {
    const writer = await store.writer('large')
    const piece = new Uint8Array(700_000)
    let bytes = 0
    for (let i = 0; bytes < 30_000_000; i++) {
      await writer.write(piece.fill(i))
      bytes += piece.byteLength
    }
    await writer.close()
    const parts = proxy.log.filter(({ query }) => query.has('partNumber'))
    expect(parts.map(({ sentBytes }) => sentBytes)).toEqual([8 * MIB, 8 * MIB, 8 * MIB, bytes - 24 * MIB])
    expect(Math.max(...parts.map(({ atOnce }) => atOnce))).toBeLessThanOrEqual(2)
    expect(parts.every(({ headers }) => 'x-amz-checksum-crc32' in headers)).toBe(true)
    let at = 0
    for await (const read of store.stream('large')) {
      for (let i = 0; i < read.byteLength; i += 65_537) {
        if (read[i] !== Math.floor((at + i) / 700_000) % 256) throw new Error(`byte ${at + i} is ${read[i]}`)
      }
      at += read.byteLength
    }
    expect(at).toBe(bytes)
  })

  it('writes a short object by one request', async () => {
    const writer = await store.writer('short')
    await writer.write(text('x'))
    await writer.close()
    expect(proxy.log.map(({ method }) => method)).toEqual(['PUT'])
  })

  it('leaves nothing of an upload that is aborted while parts are on their way', async () => {
    const writer = await store.writer('aborted/a')
    const writing = writer.write(new Uint8Array(40 * MIB))
    await new Promise(resolve => setTimeout(resolve, 100))
    await writer.abort()
    await expect(writing).rejects.toMatchObject({ code: 'STORE' })
    expect((await s3.listMultipartUploads({ Bucket: 'store' })).Uploads ?? []).toEqual([])
    expect(await store.head('aborted/a')).toBeUndefined()
  })

  it('sweeps away uploads that are a day old, and leaves younger ones', async () => {
    for (const Key of ['in here/swept/a', 'in here/swept/b', 'in here/other']) {
      await s3.createMultipartUpload({ Bucket: 'store', Key })
    }
    const uploads = async () =>
      ((await s3.listMultipartUploads({ Bucket: 'store' })).Uploads ?? []).map(({ Key }) => Key).sort()
    const begun = (await s3.listMultipartUploads({ Bucket: 'store' })).Uploads![0]!.Initiated!.getTime()
    const at = (now: number) => new S3Store({ uri, s3, clock: { ...systemClock, now: () => now } })
    await at(begun + STALE_UPLOAD_MS - 1_000).sweep('swept/')
    expect(await uploads()).toHaveLength(3)
    await at(begun + STALE_UPLOAD_MS).sweep('swept/')
    expect(await uploads()).toEqual(['in here/other'])
  })

  it('copies what is too long for one request in parts', async () => {
    const body = Buffer.from(Uint8Array.from({ length: 12 * MIB }, (_, i) => (i * 7) % 251))
    await store.put('long', body)
    proxy.reset()
    const requests = { s3, root: parseS3Uri(uri), settings: {}, clock: systemClock, random: systemRandom }
    const limits = { largestCopyBytes: 11 * MIB, partBytes: 5 * MIB }
    await moveObject({ ...requests, hedge: new Hedge(systemClock) }, 'long', 'moved long', undefined, limits)
    expect(proxy.log.flatMap(({ headers }) => headers['x-amz-copy-source-range'] ?? []).sort()).toEqual([
      'bytes=0-5242879',
      'bytes=10485760-12582911',
      'bytes=5242880-10485759',
    ])
    expect(Buffer.compare(await store.get('moved long'), body)).toBe(0)
    expect(await store.head('long')).toBeUndefined()
  })

  it('races a read whose first byte is late, and tells the same bytes', async () => {
    await store.put('a', text('hello, world'))
    const read = async () => new TextDecoder().decode(await store.get('a', { offset: 0, length: 5 }))
    for (let i = 0; i < 40; i++) expect(await read()).toBe('hello')
    proxy.reset()
    proxy.strike = first(1, { kind: 'late', ms: 4_000 })
    const startedAt = performance.now()
    expect(await read()).toBe('hello')
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    expect(proxy.log).toHaveLength(2)
  })

  it('sends one request in twenty besides at most, though all are late by turns', async () => {
    await store.put('a', text('hello, world'))
    proxy.reset()
    proxy.strike = () =>
      proxy.log.length > 30 && proxy.log.length % 2 === 0 ? { kind: 'late', ms: 200 } : null
    for (let i = 0; i < 60; i++) await store.get('a')
    expect(proxy.log.length).toBeLessThanOrEqual(63)
  })
})

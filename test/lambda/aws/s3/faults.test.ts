/** Each fault of S3 and of the network is survived, or ends in an error that says what happened. */
import type { S3 } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { S3Store } from '../../../../lambda/aws/index.ts'
import { makeBucket, plainClient, settingsOf } from '../../../fixtures/s3/buckets.ts'
import {
  type Fault,
  type FaultProxy,
  first,
  type LoggedRequest,
  SLOW_DOWN,
  startFaultProxy,
} from '../../../fixtures/s3/fault-proxy.ts'
import { hurriedClock } from '../../../fixtures/s3/hurried-clock.ts'
import { describeOnMoto } from '../../../fixtures/s3/moto-server.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const plain = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const random = {
  next: () => 0.5,
  hex: (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex'),
}
const is = (method: string) => (request: LoggedRequest) => request.method === method

await describeOnMoto('the S3 store', moto => {
  let proxy: FaultProxy
  let s3: S3
  let store: S3Store
  let waits: number[]
  let clock: ReturnType<typeof hurriedClock>

  const storeWith = (settings: object = {}): S3Store =>
    new S3Store({
      uri: 's3://faults/in here/',
      s3,
      settings: { ...settingsOf(proxy.endpoint), ...settings },
      clock,
      random,
    })
  const methods = (): string[] => proxy.log.map(({ method }) => method)

  beforeAll(async () => {
    proxy = await startFaultProxy(moto.endpoint)
    s3 = plainClient(proxy.endpoint)
    await makeBucket(moto.endpoint, 'faults')
  })
  afterAll(async () => {
    s3.destroy()
    await proxy.close()
    await moto.close()
  })
  const begin = (): void => {
    proxy.reset()
    clock = hurriedClock()
    waits = clock.waits
    store = storeWith()
  }
  beforeEach(begin)

  describe('that is told to slow down', () => {
    it.each([
      ['get', (key: string) => store.get(key)],
      ['stream', (key: string) => Array.fromAsync(store.stream(key))],
      ['head', (key: string) => store.head(key)],
      ['put', (key: string) => store.put(key, text('again'))],
      ['list', (key: string) => Array.fromAsync(store.list(key))],
      ['delete', (key: string) => store.delete([key])],
      ['move', (key: string) => store.move(key, `${key}-moved`)],
    ])('tries again, waiting longer each time: %s', async (name, request) => {
      await store.put(`slow/${name}`, text('x'))
      waits.length = 0
      proxy.strike = first(3, SLOW_DOWN)
      await request(`slow/${name}`)
      expect(waits).toEqual([50, 100, 200])
    })

    it('gives up after a minute, saying what S3 said of which object', async () => {
      proxy.strike = () => SLOW_DOWN
      const failure = store.get('a/b')
      await expect(failure).rejects.toMatchObject({
        code: 'THROTTLED',
        retryable: true,
        message: expect.stringContaining('s3://faults/in here/a/b: S3 asks for fewer requests (SlowDown'),
      })
      expect(waits.length).toBeGreaterThan(10)
      expect(Math.max(...waits)).toBe(2_500)
    })
  })

  it.each<[string, Fault]>([
    ['an error of the server', { kind: 'refused', status: 500, code: 'InternalError' }],
    ['a lost answer', { kind: 'answerLost' }],
  ])('survives %s to each request of an upload in parts', async (_, fault) => {
    const struck = new Set<string>()
    proxy.strike = request => {
      const id = `${request.method} ${request.query}`.replace(/uploadId=[^&]*/, '')
      if (struck.has(id)) return null
      struck.add(id)
      return fault
    }
    const writer = await store.writer('parts')
    const body = Buffer.alloc(17 << 20, 'abcdefg')
    await writer.write(body)
    expect(await writer.close({ ifAbsent: true })).toMatchObject({ created: true })
    expect(struck.size).toBe(5)
    proxy.reset()
    expect(Buffer.compare(await store.get('parts'), body)).toBe(0)
    await store.delete(['parts'])
  })

  it('survives an error that comes with status 200, as S3 may end long requests', async () => {
    const body = '<Error><Code>InternalError</Code><Message>too late for a status</Message></Error>'
    proxy.strike = first(
      1,
      { kind: 'answered', status: 200, body },
      ({ query }) => query.has('uploadId') && !query.has('partNumber'),
    )
    const writer = await store.writer('parts')
    await writer.write(new Uint8Array(9 << 20))
    expect(await writer.close()).toMatchObject({ created: true })
    expect((await store.head('parts'))?.sizeBytes).toBe(9 << 20)
  })

  describe.each<[string, Fault]>([
    ['a connection that is reset in the middle of a body', { kind: 'reset', afterBytes: 300_000 }],
    ['a body that ends too early', { kind: 'truncated', afterBytes: 300_000 }],
  ])('with %s', (_, fault) => {
    const body = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * 7) % 251))

    it('reads again', async () => {
      await store.put('body', body)
      proxy.strike = first(2, fault, is('GET'))
      expect(Buffer.compare(await store.get('body'), body)).toBe(0)
      expect(methods().filter(method => method === 'GET')).toHaveLength(3)
    })

    it('goes on with a stream where it was, and only in the same version', async () => {
      const put = await store.put('body', body)
      proxy.reset()
      proxy.strike = first(1, fault)
      const pieces = await Array.fromAsync(store.stream('body', { offset: 10 }, { pieceBytes: 100_000 }))
      expect(Buffer.compare(Buffer.concat(pieces), body.subarray(10))).toBe(0)
      expect(proxy.log.map(({ range }) => range)).toEqual([
        'bytes=10-',
        expect.stringMatching(/^bytes=\d+-699999$/),
      ])
      const from = Number(/\d+/.exec(proxy.log[1]!.range!)![0])
      expect(from).toBeGreaterThan(10)
      expect(proxy.log[1]!.headers['if-match']).toBe(`"${put.created && put.version}"`)
    })

    it('does not mix two versions of an object', async () => {
      await store.put('body', body)
      proxy.strike = first(1, fault, is('GET'))
      const reading = (async () => {
        for await (const _ of store.stream('body', { offset: 1 })) await store.put('body', body.subarray(5))
      })()
      await expect(reading).rejects.toMatchObject({
        code: 'CORRUPT',
        message: expect.stringContaining('was replaced while it was read'),
      })
    })
  })

  describe('with a byte that is changed on its way', () => {
    it('reads a whole object again', async () => {
      await store.put('bytes', text('hello, world'))
      proxy.strike = first(1, { kind: 'wrongByte', at: 3 }, is('GET'))
      expect(plain(await store.get('bytes'))).toBe('hello, world')
      expect(methods()).toEqual(['PUT', 'GET', 'GET'])
    })

    it('ends a stream of a whole object with CORRUPT', async () => {
      await store.put('bytes', text('hello, world'))
      proxy.strike = first(1, { kind: 'wrongByte', at: 3 }, is('GET'))
      await expect(Array.fromAsync(store.stream('bytes'))).rejects.toMatchObject({
        code: 'CORRUPT',
        retryable: true,
      })
    })

    it('sends a checksum with each write', async () => {
      await store.put('bytes', text('hello, world'))
      expect(proxy.log[0]!.headers['x-amz-checksum-crc32']).toBe('/6tyOg==')
    })
  })

  describe('whose answers are lost', () => {
    const put = (i: number) => store.put('claimed', text(`writer ${i}`), { ifAbsent: true })
    const written = async (i: number) => {
      const writer = await store.writer('claimed')
      const body = new Uint8Array(9 << 20)
      body[0] = i
      await writer.write(body)
      return writer.close({ ifAbsent: true })
    }

    it('tells exactly one of eight writers that it created the object', async () => {
      for (let round = 0; round < 3; round++) {
        // By turns all first answers are lost, or every other one, or those of the first eight requests of either kind.
        let asked = 0
        const seen = new Set<string>()
        proxy.strike = request => {
          if (request.method !== 'PUT') return null
          const nonce = String(request.headers['x-amz-meta-dunlin-write'])
          const isFirst = !seen.has(nonce)
          seen.add(nonce)
          const isStruck = [isFirst, asked % 2 === 0, asked < 8][round]!
          asked++
          return isStruck ? { kind: 'answerLost' } : null
        }
        const results = await Promise.all(Array.from({ length: 8 }, (_, i) => put(i)))
        const winners = results.flatMap((result, i) => (result.created ? [i] : []))
        expect(winners).toHaveLength(1)
        proxy.reset()
        expect(plain(await store.get('claimed'))).toBe(`writer ${winners[0]}`)
        const won = results[winners[0]!]!
        expect(won.created && won.version).toBe((await store.head('claimed'))?.version)
        await store.delete(['claimed'])
      }
    })

    it('tells exactly one of three that write in parts', async () => {
      proxy.strike = first(
        3,
        { kind: 'answerLost' },
        ({ method, query }) => method === 'POST' && query.has('uploadId'),
      )
      const results = await Promise.all([0, 1, 2].map(written))
      const winners = results.flatMap((result, i) => (result.created ? [i] : []))
      expect(winners).toHaveLength(1)
      expect((await store.get('claimed', { offset: 0, length: 1 }))[0]).toBe(winners[0])
      const { Uploads = [] } = await s3.listMultipartUploads({
        Bucket: 'faults',
        Prefix: 'in here/claimed',
      })
      expect(Uploads).toEqual([])
      await store.delete(['claimed'])
    })

    it('moves and deletes all the same', async () => {
      await store.put('from', text('moved'))
      const struck = new Set<string>()
      proxy.strike = ({ method }) => {
        const isFirst = !struck.has(method)
        struck.add(method)
        return isFirst ? { kind: 'answerLost' } : null
      }
      await store.move('from', 'to')
      expect(plain(await store.get('to'))).toBe('moved')
      expect(await store.head('from')).toBeUndefined()
      expect([...struck].sort()).toEqual(['DELETE', 'GET', 'HEAD', 'PUT'])
    })
  })

  it('tries a conditional write again that met another under way (409)', async () => {
    proxy.strike = first(2, { kind: 'refused', status: 409, code: 'ConditionalRequestConflict' })
    expect(await store.put('conflict', text('x'), { ifAbsent: true })).toMatchObject({ created: true })
    expect(methods()).toEqual(['PUT', 'PUT', 'PUT'])
  })

  describe('that is refused single keys of a delete', () => {
    const refusing = (key: string, code: string): string =>
      `<DeleteResult><Error><Key>in here/${key}</Key><Code>${code}</Code><Message>no</Message></Error></DeleteResult>`

    it('asks for those again where that can help', async () => {
      await Promise.all(['d/1', 'd/2', 'd/3'].map(key => store.put(key, text('x'))))
      proxy.reset()
      proxy.strike = first(1, { kind: 'answered', status: 200, body: refusing('d/2', 'InternalError') })
      await store.delete(['d/1', 'd/2', 'd/3'])
      expect(proxy.log.map(({ sentBytes }) => sentBytes > 0)).toEqual([true, true])
      expect((await Array.fromAsync(store.list('d/'))).map(({ key }) => key)).toEqual(['d/1', 'd/3'])
    })

    it('says which key it was', async () => {
      proxy.strike = () => ({ kind: 'answered', status: 200, body: refusing('d/2', 'AccessDenied') })
      await expect(store.delete(['d/1', 'd/2'])).rejects.toMatchObject({
        code: 'ACCESS_DENIED',
        message: expect.stringContaining('s3://faults/in here/d/2'),
        hint: expect.stringContaining('s3:DeleteObject on arn:aws:s3:::faults/in here/d/2'),
      })
    })
  })

  it('says who owns the bucket and how to encrypt', async () => {
    const careful = storeWith({ expectedBucketOwner: '123456789012', kmsKeyId: 'alias/mine' })
    await careful.put('encrypted', text('x'))
    expect(proxy.log[0]!.headers).toMatchObject({
      'x-amz-expected-bucket-owner': '123456789012',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/mine',
    })
    await careful.get('encrypted')
    expect(proxy.log[1]!.headers['x-amz-expected-bucket-owner']).toBe('123456789012')
  })

  it('says that there is no bucket', async () => {
    const nowhere = new S3Store({ uri: 's3://no-such-bucket/', s3, clock, random })
    const wanted = { code: 'CONFIGURATION', hint: expect.stringContaining('aws s3 mb s3://no-such-bucket') }
    await expect(nowhere.get('a')).rejects.toMatchObject(wanted)
    await expect(nowhere.put('a', text('x'))).rejects.toMatchObject(wanted)
    await expect(Array.fromAsync(nowhere.list(''))).rejects.toMatchObject(wanted)
  })

  it('says that nobody listens at the endpoint', async () => {
    const client = plainClient('http://127.0.0.1:1')
    const closed = new S3Store({ uri: 's3://faults/', s3: client, clock, random })
    await expect(closed.head('a')).rejects.toMatchObject({
      code: 'STORE',
      retryable: true,
      hint: expect.stringContaining('the endpoint'),
    })
  })

  it('stops waiting when it is cancelled', async () => {
    const cancel = new AbortController()
    proxy.strike = () => {
      if (proxy.log.length === 3) cancel.abort()
      return SLOW_DOWN
    }
    await expect(store.get('a', undefined, { signal: cancel.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(proxy.log).toHaveLength(3)
  })
})

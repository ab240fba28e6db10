/** What of a user's error survives the way from a worker to the driver. */
import { expect, it } from 'vitest'
import { DunlinError, fromFailure, toFailure } from '../../operators/index.ts'

const across = (cause: unknown): unknown =>
  fromFailure(
    JSON.parse(JSON.stringify(toFailure(new DunlinError('USER_FUNCTION', 'it threw', { cause })))) as never,
  ).cause

it('a chain of causes keeps names, messages, stacks and properties', () => {
  class HttpError extends Error {
    override readonly name = 'HttpError'
    readonly status = 503
    readonly headers = { retryAfter: [1, 2] }
    readonly socket = { self: {} as object }
    get later(): never {
      throw new Error('a getter was called')
    }
  }
  const first = new RangeError('no route')
  const second = new HttpError('unavailable', { cause: first })
  second.socket.self = second.socket // not JSON
  const got = across(second) as HttpError
  expect(got).toBeInstanceOf(Error)
  expect(got).toMatchObject({ name: 'HttpError', message: 'unavailable', status: 503 })
  expect(Object.keys(got)).not.toContain('headers')
  expect(Object.keys(got)).not.toContain('socket')
  expect(got.stack).toBe(second.stack)
  expect(got.cause).toMatchObject({ name: 'RangeError', message: 'no route', stack: first.stack })
})

it.each([['a text'], [{ code: 7, why: null }], [['a', 1]], [12], [false], [null]])(
  'what was thrown and is no error arrives as it is: %j',
  thrown => {
    expect(across(thrown)).toEqual(thrown)
  },
)

it('objects and secrets in an object that was thrown stay behind, and so does what is large', () => {
  const thrown = {
    ...{ status: 401, why: 'expired', password: 'correct-horse', body: 'x'.repeat(5_000) },
    config: { headers: { Authorization: 'Bearer correct-horse' } },
    get later(): never {
      throw new Error('a getter was called')
    },
  }
  const failure = toFailure(new DunlinError('USER_FUNCTION', 'it threw', { cause: thrown }))
  expect(failure.causes).toEqual([
    {
      name: 'object',
      message: '{"status":401,"why":"expired"}',
      thrown: { status: 401, why: 'expired' },
    },
  ])
  expect(across(['a', { token: 'correct-horse' }, 2])).toEqual(['a', 2])
})

it('what is not JSON arrives as an error that names it', () => {
  expect(across(undefined)).toBeUndefined()
  expect(across(12n)).toMatchObject({ name: 'bigint', message: '12' })
  expect(across(Symbol('s'))).toMatchObject({ name: 'symbol', message: 'Symbol(s)' })
  expect(across(new Error('e', { cause: 'why' }))).toMatchObject({ message: 'e', cause: 'why' })
})

it('large properties and long lists of them stay behind', () => {
  const fields = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`field${i}`, i]))
  const got = across(Object.assign(new Error('e'), { body: 'x'.repeat(5_000) }, fields)) as Error
  expect(Object.keys(got)).toContain('field3')
  expect(Object.keys(got)).not.toContain('body')
  expect(Object.keys(got).length).toBeLessThan(20)
})

it('objects and secrets that an error carries stay behind', () => {
  const error = Object.assign(new Error('Request failed with status code 401'), {
    code: 'ERR_BAD_REQUEST',
    status: 401,
    isAxiosError: true,
    apiKey: 'correct-horse',
    Authorization: 'Bearer correct-horse',
    config: { url: '/ships', headers: { Authorization: 'Bearer correct-horse' } },
  })
  const got = across(error) as Error
  expect({ ...got }).toEqual({ code: 'ERR_BAD_REQUEST', status: 401, isAxiosError: true })
})

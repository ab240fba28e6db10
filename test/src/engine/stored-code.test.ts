/** Code in the store: whoever tells of its errors, also later and elsewhere, tells the lines that the user wrote. */
import { range } from 'dunlin'
import { testEngine } from 'dunlin/testing'
import { expect, it } from 'vitest'
import { mappingByStore } from '../../../src/engine/stored-code.ts'

it('a failure that another process tells is in the lines of the user', async () => {
  const engine = testEngine()
  const error = await range(3)
    .map((n): number => {
      throw new Error(`no ${n}`)
    })
    .collect({ engine, retries: 0 })
    .catch((thrown: unknown) => thrown as Error)
  expect(error).toMatchObject({ place: { at: expect.stringMatching(/stored-code\.test\.ts:11:13$/) } })
  const keys = []
  for await (const { key } of engine.store.list('code/')) keys.push(key)
  const hash = /^code\/(\w+)\.map$/.exec(keys[0]!)?.[1] ?? ''
  expect(keys).toEqual([`code/${hash}.map`, `code/${hash}.mjs`])
  const stack = `Error: no 0\n    at file:///elsewhere/${hash}.mjs:1:40`
  const causes = [{ name: 'Error', message: 'no 0', stack }]
  const failure = { code: 'USER_FUNCTION', message: 'm', retryable: false, place: {}, causes } as const
  expect(await mappingByStore(engine.store, hash)(failure)).toMatchObject({
    place: { at: expect.stringMatching(/stored-code\.test\.ts:1\d:\d+$/) },
  })
  expect(await mappingByStore(engine.store, '0'.repeat(64))(failure)).toBe(failure)
  await engine.close()
})

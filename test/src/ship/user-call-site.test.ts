/** The place in the user's program that called dunlin. */
import { expect, it } from 'vitest'
import { userCallSite } from '../../../src/ship/user-call-site.ts'

const line = () => Number(/:(\d+):\d+\)?$/.exec(new Error().stack!.split('\n')[2]!)![1])

it('names the file and line of the caller, relative to the working directory', () => {
  const [site, here] = [userCallSite(), line()]
  expect(site).toBe(`test/src/ship/user-call-site.test.ts:${here}`)
})

it('leaves the settings of stack traces as they were', () => {
  const prepare = () => 'mine'
  Error.prepareStackTrace = prepare
  Error.stackTraceLimit = 3
  try {
    expect(userCallSite()).toMatch(/user-call-site\.test\.ts:\d+$/)
    expect([Error.prepareStackTrace, Error.stackTraceLimit]).toEqual([prepare, 3])
  } finally {
    delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace
    Error.stackTraceLimit = 10
  }
})

it('costs microseconds', () => {
  const start = performance.now()
  for (let i = 0; i < 1000; i++) userCallSite()
  expect(performance.now() - start).toBeLessThan(1000)
})

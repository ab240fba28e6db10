/** Clock and randomness of the real machine. */
import { expect, it } from 'vitest'
import { systemClock } from '../../../src/ports/system-clock.ts'
import { systemRandom } from '../../../src/ports/system-random.ts'

it('the clock tells milliseconds since 1970', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(100)
})

it('a timer calls once, and never early', async () => {
  for (const delayMs of [0, 1, 5, 30]) {
    const start = performance.now()
    let calls = 0
    await new Promise<void>(resolve => {
      systemClock.after(delayMs, () => {
        calls++
        resolve()
      })
    })
    expect(performance.now() - start).toBeGreaterThanOrEqual(delayMs)
    expect(calls).toBe(1)
  }
})

it('a cancelled timer does not call, also when it is cancelled twice', async () => {
  let called = false
  const timer = systemClock.after(5, () => (called = true))
  timer.cancel()
  timer.cancel()
  await new Promise(resolve => setTimeout(resolve, 30))
  expect(called).toBe(false)
})

it('a timer of two months does not call at once', async () => {
  let called = false
  const timers = [2 ** 31, 60 * 24 * 3600 * 1000, Number.POSITIVE_INFINITY].map(delayMs =>
    systemClock.after(delayMs, () => (called = true)),
  )
  await new Promise(resolve => setTimeout(resolve, 30))
  for (const timer of timers) timer.cancel()
  expect(called).toBe(false)
})

it('random bytes are lower-case hexadecimal and do not repeat', () => {
  const seen = new Set(Array.from({ length: 1000 }, () => systemRandom.hex(8)))
  expect(seen.size).toBe(1000)
  for (const hex of seen) expect(hex).toMatch(/^[0-9a-f]{16}$/)
  expect(systemRandom.hex(0)).toBe('')
})

it('random numbers are in [0, 1)', () => {
  for (let i = 0; i < 1000; i++) {
    const number = systemRandom.next()
    expect(number >= 0 && number < 1).toBe(true)
  }
})

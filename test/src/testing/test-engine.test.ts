import { range } from 'dunlin'
import { FakeClock, testEngine } from 'dunlin/testing'
import { describe, expect, it } from 'vitest'
import { fastClock } from '../../../src/testing/fast-clock.ts'

const EVERYTHING = { workerLost: 0.2, answerLost: 0.3, duplicated: 0.4, throttled: 0.2, storeFailed: 0.02 }

describe('an engine for tests', () => {
  it('gives what any engine gives, whatever goes wrong on the way', async () => {
    const expected = [0, 1, 2, 3, 4, 5, 6].map(n => ({ value: n, count: n < 6 ? 43 : 42 }))
    let struck = 0
    for (let seed = 0; seed < 4; seed++) {
      const engine = testEngine({ faults: { seed, ...EVERYTHING } })
      const counts = await range(300, { splitRows: 30 })
        .map(n => n % 7)
        .valueCounts()
        .sortBy('value')
        .collect({ engine })
      expect(counts).toEqual(expected)
      struck += Object.values(engine.faults).reduce((sum, n) => sum + n, 0)
      await engine.close()
    }
    expect(struck).toBeGreaterThan(20)
  })

  it('strikes the same attempts for the same seed', async () => {
    const faultsOf = async (seed: number) => {
      const engine = testEngine({ faults: { seed, workerLost: 0.3, throttled: 0.3 } })
      await range(300, { splitRows: 10 }).valueCounts().count({ engine })
      await engine.close()
      return engine.faults
    }
    const first = await faultsOf(3)
    expect(first).toEqual(await faultsOf(3))
    expect(first.workerLost).toBeGreaterThan(0)
  })

  it('refuses a share that is none', () => {
    expect(() => testEngine({ faults: { workerLost: 7 } })).toThrow('the share of workerLost is 7')
  })
})

describe('a fake clock', () => {
  it('fires timers in the order of their times, and those that a timer starts', async () => {
    const clock = new FakeClock({ startMs: 1_000 })
    const fired: string[] = []
    clock.after(20, () => fired.push(`b at ${clock.now()}`))
    clock.after(10, () => {
      fired.push(`a at ${clock.now()}`)
      clock.after(5, () => fired.push(`c at ${clock.now()}`))
    })
    clock.after(15, () => fired.push('never')).cancel()
    await clock.pass(30)
    expect(fired).toEqual(['a at 1010', 'c at 1015', 'b at 1020'])
    expect([clock.now(), clock.waiting]).toEqual([1_030, 0])
  })
})

describe('a fast clock', () => {
  it('shows and waits for as much time as its speed says, from the real time on', async () => {
    const real = new FakeClock({ startMs: 5_000 })
    const clock = fastClock(20, real)
    expect(clock.now()).toBe(5_000)
    let rang = false
    clock.after(1_000, () => void (rang = true))
    await real.pass(49)
    expect([clock.now(), rang]).toEqual([5_980, false])
    await real.pass(1)
    expect([clock.now(), rang]).toEqual([6_000, true])
  })
})

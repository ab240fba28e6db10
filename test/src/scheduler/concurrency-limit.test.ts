/** ConcurrencyLimit: fair, never over its slots, none lost. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConcurrencyLimit } from '../../../src/scheduler/concurrency-limit.ts'

function joined(limit: ConcurrencyLimit, name: string, log: string[], most?: number) {
  const granted = (count: number): void => void log.push(`${name}+${count}`)
  return limit.join(most === undefined ? { granted } : { granted, most })
}

describe('ConcurrencyLimit', () => {
  test('gives a job alone all that it wants at once, and no more than there is', () => {
    const log: string[] = []
    const limit = new ConcurrencyLimit(5)
    const a = joined(limit, 'a', log)
    a.want(3)
    a.want(10)
    expect(log).toEqual(['a+3', 'a+2'])
    expect(a.held).toBe(5)
  })

  test('a job that wants thousands holds another back by one slot at a time', () => {
    const log: string[] = []
    const limit = new ConcurrencyLimit(2)
    const [a, b, c] = [joined(limit, 'a', log), joined(limit, 'b', log), joined(limit, 'c', log)]
    a.want(1_000)
    b.want(2)
    c.want(1)
    log.length = 0
    a.release(1)
    a.release(1)
    b.release(1)
    c.release(1)
    expect(log).toEqual(['b+1', 'c+1', 'a+1', 'b+1'])
  })

  test('slots that come free together are dealt out in turn', () => {
    const log: string[] = []
    const limit = new ConcurrencyLimit(4)
    const hog = joined(limit, 'hog', log)
    hog.want(4)
    const [a, b] = [joined(limit, 'a', log), joined(limit, 'b', log)]
    a.want(10)
    b.want(10)
    log.length = 0
    hog.leave()
    expect(log).toEqual(['a+2', 'b+2'])
  })

  test('a job may be held below the limit, and a lower wish takes back a higher one', () => {
    const log: string[] = []
    const limit = new ConcurrencyLimit(4)
    const a = joined(limit, 'a', log, 2)
    const b = joined(limit, 'b', log)
    a.want(10)
    b.want(10)
    expect(log).toEqual(['a+2', 'b+2'])
    a.want(0)
    a.release(2)
    expect(log).toEqual(['a+2', 'b+2', 'b+2'])
  })

  test('refuses what is no number of slots', () => {
    for (const slots of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new ConcurrencyLimit(slots)).toThrow('a whole number above 0')
      expect(() => new ConcurrencyLimit(2).join({ most: slots, granted: () => {} })).toThrow('a whole number')
    }
  })

  test('whatever jobs do, slots are never over-given, never idle while one is wanted, and all come back', () => {
    const action = fc.record({
      job: fc.nat(3),
      what: fc.constantFrom('want', 'release', 'release', 'leave'),
      count: fc.nat(6),
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(action, { maxLength: 60 }), (slots, actions) => {
        const limit = new ConcurrencyLimit(slots)
        const told = [0, 0, 0, 0]
        const wishes = [0, 0, 0, 0]
        const shares = told.map((_, i) =>
          limit.join({
            granted: count => {
              told[i] = told[i]! + count
              wishes[i] = wishes[i]! - count
            },
          }),
        )
        for (const { job, what, count } of actions) {
          const share = shares[job]!
          if (what === 'want') {
            wishes[job] = count
            share.want(count)
          } else if (what === 'leave') {
            told[job] = 0
            wishes[job] = 0
            share.leave()
          } else if (told[job]! > 0) {
            told[job] = told[job]! - 1
            share.release(1)
          }
          const held = shares.reduce((sum, s) => sum + s.held, 0)
          expect(shares.map(s => s.held)).toEqual(told)
          expect(held).toBeLessThanOrEqual(slots)
          if (wishes.some(w => w > 0)) expect(held).toBe(slots)
        }
      }),
    )
  })
})

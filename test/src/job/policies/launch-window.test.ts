/** The launch window: its bounds, the ramp of Lambda, and how it finds the capacity of a backend that throttles. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  advanceWindow,
  type LaunchWindow,
  openWindow,
  roomAfterMs,
  roomIn,
} from '../../../../src/job/policies/launch-window.ts'
import { type Driven, drive } from './throttling-backend.ts'

const LAMBDA = { initial: 1_000, perSecond: 100 }

/** Launches all that there is room for. */
function filled(window: LaunchWindow, now: number): LaunchWindow {
  let next = window
  for (let left = roomIn(window, now); left > 0; left--) next = advanceWindow(next, { type: 'launched', now })
  return next
}
const throttle = (window: LaunchWindow, now: number, launchedAt = now): LaunchWindow =>
  advanceWindow(window, { type: 'throttled', now, launchedAt })
const answer = (window: LaunchWindow, times = 1): LaunchWindow => {
  let next = window
  for (let i = 0; i < times; i++) next = advanceWindow(next, { type: 'answered', now: 0 })
  return next
}

describe('without a ramp', () => {
  const local = openWindow({ slots: 8, ramp: null, now: 0 })

  test('all slots are there at once, and time changes nothing', () => {
    expect(roomIn(local, 0)).toBe(8)
    const full = filled(local, 0)
    expect(roomIn(full, 0)).toBe(0)
    expect(roomAfterMs(full, 0)).toBeNull()
    expect(roomIn(answer(full), 0)).toBe(1)
  })
})

describe('a throttle', () => {
  const full = filled(openWindow({ slots: 1_000, ramp: null, now: 0 }), 0)

  test('halves the window, and a burst of them halves it once', () => {
    let window = full
    for (let i = 0; i < 100; i++) window = throttle(window, 10 + i, 0)
    expect(window.width).toBe(500)
    expect(window.inFlight).toBe(900)
    expect(roomIn(window, 600)).toBe(0)
  })

  test('of the same burst counts once however late it is told', () => {
    const window = throttle(throttle(full, 10, 0), 60_000, 9)
    expect(window.width).toBe(500)
  })

  test('of a burst that takes more than half away leaves what got in', () => {
    let window = full
    for (let i = 0; i < 700; i++) window = throttle(window, 10, 0)
    expect(window.width).toBe(300)
  })

  test('of a later burst halves it again', () => {
    const once = throttle(full, 10, 0)
    expect(throttle(once, 509, 505).width).toBe(500)
    expect(throttle(once, 510, 505).width).toBe(250)
  })

  test('halves what is in flight where the window is far above it', () => {
    const busy = answer(full, 900)
    expect(throttle(busy, 10, 5).width).toBe(50)
  })

  test('holds launches back for half a second, and says when there is room again', () => {
    const window = throttle(answer(full, 900), 10, 5)
    expect(roomIn(answer(window, 80), 509)).toBe(0)
    expect(roomAfterMs(answer(window, 80), 100)).toBe(410)
    expect(roomIn(answer(window, 80), 510)).toBeGreaterThan(30)
    expect(roomAfterMs(window, 100), 'only answers make room in a full window').toBeNull()
  })

  test('leaves room for one attempt at least', () => {
    let window = full
    for (let now = 10_000; window.inFlight > 0; now += 10_000) window = throttle(window, now)
    expect(window.width).toBe(1)
    expect(roomIn(window, 1e9)).toBe(1)
  })

  test('is made good by answers, a twentieth of the slots a window', () => {
    const halved = throttle(full, 10, 0)
    let window = filled({ ...halved, inFlight: 0 }, 1_000)
    for (let i = 0; i < 500; i++) window = filled(answer(window), 1_000)
    expect(window.width - halved.width).toBeCloseTo(48, 0)
  })
})

test('answers while the window is hardly used do not widen it', () => {
  const full = filled(openWindow({ slots: 100, ramp: null, now: 0 }), 0)
  let window = answer(throttle(full, 10, 0), 90)
  expect(window.inFlight).toBe(9)
  const { width } = window
  window = answer(window, 5)
  expect(window.width).toBe(width)
})

describe('the ramp of Lambda', () => {
  test('gives three thousand tasks a thousand at once and a thousand more in each ten seconds', () => {
    let window = filled(openWindow({ slots: 3_000, ramp: LAMBDA, now: 0 }), 0)
    expect(window.inFlight).toBe(1_000)
    expect(roomAfterMs(window, 0)).toBe(100)
    window = filled(window, 5_000)
    expect(window.inFlight).toBe(1_500)
    window = filled(window, 10_000)
    expect(window.inFlight).toBe(2_000)
    window = filled(window, 20_000)
    expect(window.inFlight).toBe(3_000)
    expect(roomAfterMs(window, 20_000)).toBeNull()
  })

  test('does not save up: after a quiet minute it gives a thousand more, not seven', () => {
    const idle = answer(filled(openWindow({ slots: 200, ramp: LAMBDA, now: 0 }), 0), 200)
    const window = { ...idle, slots: 10_000, width: 10_000 }
    expect(roomIn(window, 60_000)).toBe(1_200)
  })

  test('keeps what it has warm', () => {
    const window = answer(filled(openWindow({ slots: 1_000, ramp: LAMBDA, now: 0 }), 0), 1_000)
    expect(roomIn(window, 0)).toBe(1_000)
  })

  test('is followed by timers alone while no task answers', () => {
    const { wallMs, throttled, running } = drive({
      tasks: 3_000,
      slots: 3_000,
      ramp: LAMBDA,
      capacity: now => 1_000 + now / 10,
      durationMs: () => 60_000,
    })
    expect(throttled).toBe(0)
    expect(running.find(r => r.count === 3_000)?.at).toBeLessThanOrEqual(20_100)
    expect(wallMs).toBeLessThanOrEqual(80_100)
  })
})

describe('on a backend that takes fewer than its slots', () => {
  /** About ten seconds a task, spread so that they do not end together. */
  const spread = (n: number): number => 8_000 + ((n * 7_919) % 4_001)

  /** Of the time after `from`, while there was more to run than `capacity`. */
  function steady(driven: Driven, from: number, to: number): number[] {
    return driven.running.filter(r => r.at >= from && r.at <= to).map(r => r.count)
  }

  test.each([
    { slots: 1_000, capacity: 300 },
    { slots: 1_000, capacity: 950 },
    { slots: 100, capacity: 7 },
    { slots: 3_000, capacity: 40 },
  ])('of $slots slots it finds the $capacity that there are', ({ slots, capacity }) => {
    const tasks = capacity * 60
    const driven = drive({ tasks, slots, capacity: () => capacity, durationMs: spread })
    const counts = steady(driven, 30_000, driven.wallMs - 30_000)
    expect(Math.max(...counts)).toBe(capacity)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(Math.floor(capacity * 0.5) - 1)
    const mean = counts.reduce((a, b) => a + b, 0) / counts.length
    expect(mean).toBeGreaterThan(0.65 * capacity)
    expect(driven.throttled).toBeLessThan(slots - capacity + tasks / capacity)
  })

  test('it takes back what it gave up when the capacity comes back', () => {
    const capacity = (now: number): number => (now < 60_000 ? 100 : 1_000)
    const driven = drive({ tasks: 40_000, slots: 1_000, capacity, durationMs: () => 2_000 })
    const after = driven.running.find(r => r.at > 60_000 && r.count === 1_000)
    expect(after?.at).toBeLessThan(60_000 + 60 * 2_000)
  })

  test('a backend that throttles everything for a minute is asked twice a second, and then runs on', () => {
    const capacity = (now: number): number => (now >= 20_000 && now < 80_000 ? 0 : 1_000)
    const driven = drive({ tasks: 10_000, slots: 1_000, capacity, durationMs: () => 5_000 })
    expect(driven.throttled).toBeLessThan(1_000 + 60 * 2 + 10)
    expect(driven.wallMs).toBeLessThan(80_000 + 160_000)
  })
})

test('whatever happens, it never passes slots or ramp, is never below one, and time never takes room away', () => {
  const event = fc.record({
    type: fc.constantFrom(
      'launched' as const,
      'launched' as const,
      'answered' as const,
      'throttled' as const,
    ),
    afterMs: fc.nat(2_000),
    ageMs: fc.nat(5_000),
  })
  const ramp = fc.option(fc.record({ initial: fc.integer({ min: 1, max: 50 }), perSecond: fc.nat(20) }), {
    nil: null,
  })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      ramp,
      fc.array(event, { maxLength: 300 }),
      (slots, grows, events) => {
        let now = 0
        let window = openWindow({ slots, ramp: grows, now })
        let started = 0
        for (const { type, afterMs, ageMs } of events) {
          now += afterMs
          if (type === 'launched') {
            if (roomIn(window, now) === 0) continue
            if (window.inFlight === window.warm) started++
            window = advanceWindow(window, { type, now })
          } else if (window.inFlight > 0) {
            window =
              type === 'throttled'
                ? advanceWindow(window, { type, now, launchedAt: now - ageMs })
                : advanceWindow(window, { type, now })
          }
          expect(window.inFlight).toBeLessThanOrEqual(slots)
          const room = Math.max(window.inFlight, roomIn(window, now + 500))
          expect(room, 'outside of a cool-down').toBeGreaterThanOrEqual(1)
          expect(roomIn(window, now + 1_000)).toBeGreaterThanOrEqual(roomIn(window, now))
          const wait = roomAfterMs(window, now)
          if (wait !== null) {
            expect(roomIn(window, now)).toBe(0)
            expect(roomIn(window, now + wait)).toBeGreaterThan(0)
          }
          // A floor of one attempt may start an environment that the ramp does not give.
          if (grows !== null && grows.perSecond > 0) {
            const given = grows.initial + (now / 1_000) * grows.perSecond
            expect(started).toBeLessThanOrEqual(given + 1)
          }
        }
      },
    ),
  )
})

/** Speculation: who is called slow, and what it does to a stage with stragglers and to one without. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type DurationSketch,
  expectedMs,
  NO_DURATIONS,
  withDuration,
} from '../../../../src/job/policies/duration-sketch.ts'
import { type RunningTask, speculate } from '../../../../src/job/policies/speculation.ts'
import { play, type ToyStage, uniform } from './straggling-stage.ts'

/** Tasks that took so long, each having read `bytes`. */
const took = (durations: readonly number[], bytes: number | null = 100): DurationSketch =>
  durations.reduce((sketch, durationMs) => withDuration(sketch, { durationMs, bytes }), NO_DURATIONS)

const TEN_SECONDS = took(new Array<number>(90).fill(10_000))
const NOW = 1_000_000

function running(task: number, elapsedMs: number, more: Partial<RunningTask> = {}): RunningTask {
  return { task, startedAt: NOW - elapsedMs, bytes: 100, attempts: 1, ...more }
}

function decided(tasks: readonly RunningTask[], facts = { tasks: 100, committed: 90, speculated: 0 }) {
  return speculate({ facts, running: tasks, sketch: TEN_SECONDS, now: NOW })
}

describe('a task is slow', () => {
  test('past twice the median, the furthest over first', () => {
    const { duplicate } = decided([running(3, 19_000), running(4, 22_000), running(5, 60_000)])
    expect(duplicate).toEqual([5, 4])
  })

  test('by what it reads: five times the bytes are given five times as long', () => {
    const large = { bytes: 500 }
    expect(decided([running(1, 90_000, large)]).duplicate).toEqual([])
    expect(decided([running(1, 120_000, large)]).duplicate).toEqual([1])
  })

  test('never before twice the median, however little it reads', () => {
    expect(decided([running(1, 15_000, { bytes: 1 })]).duplicate).toEqual([])
    expect(decided([running(1, 25_000, { bytes: 1 })]).duplicate).toEqual([1])
  })

  test('not while a second attempt of it runs', () => {
    expect(decided([running(1, 90_000, { attempts: 2 })])).toEqual({ duplicate: [], againInMs: null })
  })

  test('not within two seconds of what is expected: short tasks are not worth it', () => {
    const facts = { tasks: 100, committed: 90, speculated: 0 }
    const sketch = took(new Array<number>(90).fill(50))
    const at = (elapsedMs: number) => speculate({ facts, running: [running(1, elapsedMs)], sketch, now: NOW })
    expect(at(1_900).duplicate).toEqual([])
    expect(at(1_900).againInMs).toBe(500)
    expect(at(2_100).duplicate).toEqual([1])
  })
})

describe('nothing is started again', () => {
  test('before three quarters of the tasks have committed', () => {
    const slow = [running(1, 90_000)]
    expect(decided(slow, { tasks: 100, committed: 74, speculated: 0 })).toEqual({
      duplicate: [],
      againInMs: null,
    })
    expect(decided(slow, { tasks: 100, committed: 75, speculated: 0 }).duplicate).toEqual([1])
  })

  test('past five per cent of the tasks; one is always allowed', () => {
    const slow = Array.from({ length: 10 }, (_, task) => running(task, 90_000))
    expect(decided(slow).duplicate).toEqual([0, 1, 2, 3, 4])
    expect(decided(slow, { tasks: 100, committed: 90, speculated: 4 })).toEqual({
      duplicate: [0],
      againInMs: null,
    })
    expect(decided(slow, { tasks: 4, committed: 3, speculated: 0 }).duplicate).toEqual([0])
    expect(decided(slow, { tasks: 4, committed: 3, speculated: 1 }).duplicate).toEqual([])
  })

  test('where no duration is known, as after a driver was replaced', () => {
    const facts = { tasks: 100, committed: 90, speculated: 0 }
    expect(speculate({ facts, running: [running(1, 90_000)], sketch: NO_DURATIONS, now: NOW })).toEqual({
      duplicate: [],
      againInMs: null,
    })
  })
})

test('the next look is when the next task would be slow', () => {
  const { duplicate, againInMs } = decided([running(1, 5_000), running(2, 15_000), running(3, 50_000)])
  expect(duplicate).toEqual([3])
  const limitMs = 2 * expectedMs(TEN_SECONDS, 100)!
  expect(againInMs).toBe(Math.ceil(limitMs - 15_000) + 1)
})

test('whatever runs: only single attempts past both limits, each once, within the allowance, and in a fixed order', () => {
  const task = fc.record({
    elapsedMs: fc.integer({ min: 0, max: 100_000 }),
    bytes: fc.option(fc.nat(10_000), { nil: null }),
    attempts: fc.integer({ min: 0, max: 3 }),
  })
  const durations = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(
      fc.array(task, { maxLength: 40 }),
      durations,
      fc.nat(200),
      fc.nat(200),
      fc.nat(12),
      (drawn, ms, tasks, committed, speculated) => {
        const sketch = took(ms)
        const tasksRunning = drawn.map((t, i) => running(i, t.elapsedMs, t))
        const facts = { tasks, committed, speculated }
        const { duplicate, againInMs } = speculate({ facts, running: tasksRunning, sketch, now: NOW })
        expect(new Set(duplicate).size).toBe(duplicate.length)
        expect(speculated + duplicate.length).toBeLessThanOrEqual(
          Math.max(speculated, 1, Math.floor(tasks / 20)),
        )
        if (committed < 0.75 * tasks || committed >= tasks) expect(duplicate).toEqual([])
        for (const i of duplicate) {
          const expected = expectedMs(sketch, drawn[i]!.bytes)!
          expect(drawn[i]!.attempts).toBe(1)
          expect(drawn[i]!.elapsedMs).toBeGreaterThan(2 * expected)
          expect(drawn[i]!.elapsedMs).toBeGreaterThan(expected + 2_000)
        }
        if (againInMs !== null) expect(againInMs).toBeGreaterThanOrEqual(500)
        const shuffled = speculate({ facts, running: [...tasksRunning].reverse(), sketch, now: NOW })
        expect(shuffled).toEqual({ duplicate, againInMs })
      },
    ),
  )
})

describe('a stage of 400 tasks on 100 slots', () => {
  /** About ten seconds a task by its bytes, a fifth more or less; `slowness` is drawn for each attempt. */
  function stage(seed: number, slowness: (luck: number) => number, skew = 1): ToyStage {
    const next = uniform(seed)
    const bytes = Array.from({ length: 400 }, (_, task) => (task % 20 === 0 ? skew : 1) * (80 + 40 * next()))
    const durationMs = (task: number): number =>
      500 + bytes[task]! * 100 * (0.8 + 0.4 * next()) * slowness(next())
    return { slots: 100, bytes, durationMs, speculates: true }
  }
  const seeds = Array.from({ length: 30 }, (_, i) => i + 1)
  const steady = (): number => 1
  /** Two attempts in a hundred are on a machine that is ten times as slow. */
  const someSlow = (luck: number): number => (luck < 0.02 ? 10 : 1)

  test('with stragglers takes half as long, for five per cent more at most', () => {
    for (const seed of seeds) {
      const without = play({ ...stage(seed, someSlow), speculates: false })
      const having = play(stage(seed, someSlow))
      expect(having.extra).toBeLessThanOrEqual(20)
      expect(having.firstExtraAt).toBeGreaterThanOrEqual(0.75)
      expect(having.wallMs).toBeLessThanOrEqual(without.wallMs)
    }
    const sum = (speculates: boolean): number =>
      seeds.reduce((ms, seed) => ms + play({ ...stage(seed, someSlow), speculates }).wallMs, 0)
    expect(sum(true)).toBeLessThan(0.6 * sum(false))
  })

  test('without stragglers starts nothing again', () => {
    const extra = seeds.map(seed => play(stage(seed, steady)).extra)
    expect(extra.every(n => n === 0)).toBe(true)
  })

  test('with large partitions starts none of them again because they are large', () => {
    const extra = seeds.map(seed => play(stage(seed, steady, 6)).extra)
    expect(extra.every(n => n === 0)).toBe(true)
    const blind = seeds.map(seed => play({ ...stage(seed, steady, 6), knowsBytes: false }).extra)
    expect(Math.max(...blind), 'and within the allowance where bytes are not known').toBeLessThanOrEqual(20)
  })

  test('where every duration is random with a long tail stays within five per cent', () => {
    for (const seed of seeds) {
      const { extra, looks } = play(stage(seed, luck => 0.2 - Math.log(1 - luck)))
      expect(extra).toBeLessThanOrEqual(20)
      expect(looks).toBeLessThan(100)
    }
  })
})

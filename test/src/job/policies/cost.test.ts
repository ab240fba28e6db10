import { describe, expect, test } from 'vitest'
import type { JobEvent } from '../../../../src/events/job-event.ts'
import { foldReport } from '../../../../src/events/report.ts'
import { costOf } from '../../../../src/job/policies/cost.ts'
import { JobReplay } from '../../../../src/job/restore.ts'
import { Machine } from '../machine.ts'
import { failure, lost, scan, success, toFiles } from '../plans.ts'

const prices = { perGbSecond: 1, perTask: 0.5, perGet: 0.01, perPut: 0.1, priced: 'here, 2026-11' }
const use = { durationMs: 1_500.2, gets: 2, puts: 1, lists: 3, deletes: 9 }

describe('an attempt', () => {
  test('is billed by memory and time, rounded up to a millisecond, and by its requests', () => {
    const cost = costOf({ memoryMb: 2048, result: { ...success({}), use }, waitedMs: 9_000 }, prices)!
    expect(cost).toMatchObject({ memoryMb: 2048, billedMs: 1_501, gets: 2, puts: 1, lists: 3, deletes: 9 })
    expect(cost.dollars).toBeCloseTo(2 * 1.501 + 0.5 + 0.02 + 0.4, 12)
  })

  test('whose worker has not told is billed by the time that was waited for it, and marked', () => {
    expect(costOf({ memoryMb: 1024, result: lost, waitedMs: 250 }, prices)).toEqual({
      ...{ memoryMb: 1024, billedMs: 250, gets: 0, puts: 0, lists: 0, deletes: 0 },
      ...{ isGuess: true, dollars: 0.75 },
    })
  })

  test('that was refused for the moment costs nothing', () => {
    expect(costOf({ memoryMb: 1024, result: failure('THROTTLED'), waitedMs: 250 }, prices)).toBeNull()
  })
})

/** One task that fails, is slow, is doubled and loses; with prices or without. */
function eventsOf(paid: boolean): JobEvent[] {
  const machine = new Machine([scan(0, 2, toFiles)], {}, paid ? { prices } : {})
  machine.start()
  machine.grant(2)
  machine.now += 1_000
  machine.finish(0, 0, lost)
  machine.finish(0, 1, { ...success({ rowsOut: 1 }), use })
  machine.retry(0, 0)
  machine.grant(1)
  machine.finish(0, 0, { ...success({ rowsOut: 1, attempt: 2 }), use }, 2)
  return machine.commands.flatMap(c => (c.type === 'emit' ? [{ time: 0, ...c.event } as JobEvent] : []))
}

describe('a job', () => {
  test('costs what all its attempts cost, the failed ones too, and says by which prices', () => {
    const report = foldReport(eventsOf(true), { fingerprint: 'f', outputs: [] })
    const told = 0.5 * 1.501 + 0.5 + 0.02 + 0.4
    expect(report.cost?.dollars).toBeCloseTo(2 * told + 0.5 * 1 + 0.5, 12)
    expect(report.cost).toMatchObject({
      invocations: 3,
      guessedGbSeconds: 0.5,
      requests: { gets: 4, puts: 2, lists: 6, deletes: 18 },
      priced: 'here, 2026-11',
    })
    expect(report.stages[0]?.cost?.dollars).toBe(report.cost?.dollars)
  })

  test('knows after a change of drivers what it has spent before', () => {
    const replay = new JobReplay()
    const events = eventsOf(true)
    for (const event of events) replay.add(event)
    const { cost } = foldReport(events, { fingerprint: 'f', outputs: [] })
    expect(replay.restored.spent).toBe(cost?.dollars)
    const next = new Machine([scan(0, 2, toFiles)], {}, { prices }, { restored: replay.restored }, 2)
    expect(next.state.spent).toBe(cost?.dollars)
  })

  test('on an engine that costs nothing tells nothing of costs', () => {
    const events = eventsOf(false)
    expect(events.some(event => 'cost' in event)).toBe(false)
    expect(foldReport(events, { fingerprint: 'f', outputs: [] })).not.toHaveProperty('cost')
  })
})

/** How a job ends before its time, driven by events written by hand. */
import { describe, expect, test } from 'vitest'
import { slotsWanted } from '../../../src/job/state.ts'
import { cancels, emitted, launches, startedWith, twoStages } from './machine.ts'
import { cancelled, failure, lost, scan, toFiles } from './plans.ts'

describe('cancelling', () => {
  test('a cancelled job cancels what runs, launches nothing more, and ends when all have answered', () => {
    const machine = startedWith(1, twoStages())
    expect(cancels(machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' }))).toEqual(['0/0#1'])
    expect(slotsWanted(machine.state)).toBe(0)
    expect(launches(machine.grant(1))).toEqual([])
    machine.finish(0, 0, cancelled)
    expect(machine.outcome).toMatchObject({ outcome: { state: 'cancelled', reason: 'Ctrl-C' }, failures: [] })
  })

  test('a manifest that is being written is cancelled too', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0)
    machine.finish(0, 1)
    machine.grant(1)
    expect(cancels(machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' }))).toEqual(['0/manifest#1'])
    expect(emitted(machine.writeManifest(0, cancelled))).toEqual(['attemptCancelled'])
    expect(machine.outcome?.outcome.state).toBe('cancelled')
  })

  test('commits that arrive meanwhile take the job no further', () => {
    const machine = startedWith(2, twoStages())
    machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' })
    machine.finish(0, 0)
    machine.finish(0, 1)
    expect(emitted(machine.commands).slice(-2)).toEqual(['taskCommitted', 'taskCommitted'])
    expect(machine.state.stages.get(0).phase).toBe('running')
  })

  test('an answer after the end of the grace changes nothing', () => {
    const machine = startedWith(1, twoStages())
    machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' })
    machine.tell({ type: 'timerFired', id: { kind: 'grace' } })
    const before = machine.state
    expect(machine.finish(0, 0)).toEqual([])
    expect(machine.finish(0, 0, lost)).toEqual([])
    expect(machine.state).toBe(before)
  })

  test('a commit that arrives meanwhile is kept', () => {
    const machine = startedWith(2, [scan(0, 2, toFiles)])
    machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' })
    expect(emitted(machine.finish(0, 1))).toEqual(['taskCommitted'])
    machine.finish(0, 0, cancelled)
    expect(machine.outcome?.outcome.state).toBe('cancelled')
  })

  test('an attempt that never answers is waited for until the grace ends', () => {
    const machine = startedWith(1, twoStages())
    machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' })
    expect(machine.outcome).toBeUndefined()
    machine.tell({ type: 'timerFired', id: { kind: 'grace' } })
    expect(machine.outcome?.outcome.state).toBe('cancelled')
  })

  test('the first outcome stands', () => {
    const machine = startedWith(2, twoStages())
    machine.finish(0, 0, failure('BAD_RECORD'))
    machine.tell({ type: 'cancelRequested', reason: 'Ctrl-C' })
    machine.finish(0, 1, failure('STORE'))
    expect(machine.outcome).toMatchObject({
      outcome: { failure: { code: 'BAD_RECORD' } },
      failures: [{ code: 'BAD_RECORD' }],
    })
  })
})

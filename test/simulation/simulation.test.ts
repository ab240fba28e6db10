/** Deterministic simulation: the real engine over faults of every kind, each seed judged by the invariants. */
import { describe, expect, it } from 'vitest'
import { FAULT_NAMES } from './fault-kinds.ts'
import { runOne, runRange } from './run-range.ts'
import { tallyText } from './tally.ts'

const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 2_000)
const SEEDS_TWICE = 200
/** Enough for every fault to strike and every state to be reached. */
const SEEDS_OF_ALL = 1_000

describe('a simulated job', () => {
  it(`is right, ends and leaves nothing behind, over ${SEEDS} seeds`, async () => {
    const tally = await runRange({ from: 1, seeds: SEEDS })
    process.stdout.write(`${tallyText(tally)}\n`)
    expect(tally.failing).toEqual([])
    expect(tally.seeds).toBe(SEEDS)
    if (SEEDS < SEEDS_OF_ALL) return
    expect(FAULT_NAMES.filter(kind => kind !== 'driverStore' && !(kind in tally.injected))).toEqual([])
    expect(Object.keys(tally.reached)).toEqual(
      expect.arrayContaining([
        'job succeeded',
        'job failed',
        'job cancelled',
        'stage closing',
        'stage finished early',
        'stage reused',
        'task running again',
        'task running twice',
        'task with more memory',
        'task waiting',
        'task failed',
        'manifest waiting',
        'attempt stray',
      ]),
    )
    expect(tally.ended['succeeded']).toBeGreaterThan(SEEDS / 2)
  }, 300_000)

  it(`is the same each time its seed is run: ${SEEDS_TWICE} seeds twice, equal event logs`, async () => {
    const seeds = Array.from({ length: SEEDS_TWICE }, (_, i) => i + 1)
    const first: string[] = []
    for (const seed of seeds) first.push((await runOne(seed)).world.log.hash)
    // The other way round: what ran before must not matter.
    const second: string[] = []
    for (const seed of seeds.toReversed()) second.unshift((await runOne(seed)).world.log.hash)
    expect(second).toEqual(first)
    expect(new Set(first).size).toBe(SEEDS_TWICE)
  }, 120_000)
})

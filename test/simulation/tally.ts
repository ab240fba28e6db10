/** Tally: what many seeds have reached, added up; small JSON, so that processes can add up theirs. */
import type { Verdict } from './run-seed.ts'

type Counts = Record<string, number>

export interface Tally {
  seeds: number
  /** Milliseconds of real time. */
  realMs: number
  /** Milliseconds that processors worked. */
  workMs: number
  virtualMs: number
  loopEvents: number
  readonly injected: Counts
  readonly reached: Counts
  readonly ended: Counts
  readonly failing: { readonly seed: number; readonly workload: string; readonly reason: string }[]
}

export const emptyTally = (): Tally => ({
  seeds: 0,
  realMs: 0,
  workMs: 0,
  virtualMs: 0,
  loopEvents: 0,
  injected: {},
  reached: {},
  ended: {},
  failing: [],
})

function count(counts: Counts, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by
}

export function addVerdict(tally: Tally, { seed, workload, ended, findings, world }: Verdict): void {
  tally.seeds++
  tally.virtualMs += world.time.elapsedMs
  tally.loopEvents += world.time.events
  count(tally.ended, ended)
  for (const { kind } of world.faults.injected) count(tally.injected, kind)
  for (const [name, times] of world.log.reached) count(tally.reached, name, times)
  const [first] = findings
  if (first !== undefined) tally.failing.push({ seed, workload, reason: first.split('\n')[0]!.slice(0, 300) })
}

export function addTally(sum: Tally, tally: Tally): void {
  sum.seeds += tally.seeds
  sum.realMs = Math.max(sum.realMs, tally.realMs)
  sum.workMs += tally.workMs
  sum.virtualMs += tally.virtualMs
  sum.loopEvents += tally.loopEvents
  for (const kind of ['injected', 'reached', 'ended'] as const) {
    for (const [name, times] of Object.entries(tally[kind])) count(sum[kind], name, times)
  }
  sum.failing.push(...tally.failing)
}

export function tallyText(tally: Tally): string {
  const counts = (of: Counts): string =>
    Object.entries(of)
      .sort(([, a], [, b]) => b - a)
      .map(([name, times]) => `${name} ${times}`)
      .join(' · ')
  const seconds = tally.realMs / 1000
  return [
    `${tally.seeds} seeds in ${seconds.toFixed(1)} s, ${(tally.seeds / seconds).toFixed(0)} a second; ${(tally.workMs / tally.seeds).toFixed(1)} ms of work each; ` +
      `${(tally.virtualMs / 3_600_000).toFixed(0)} virtual hours, ${tally.loopEvents} events of the loop`,
    `ended: ${counts(tally.ended)}`,
    `faults: ${counts(tally.injected)}`,
    `reached: ${counts(tally.reached)}`,
    ...tally.failing
      .toSorted((a, b) => a.seed - b.seed)
      .map(({ seed, workload, reason }) => `FAILING seed ${seed} (${workload}): ${reason}`),
    `${tally.failing.length} of ${tally.seeds} seeds fail`,
  ].join('\n')
}

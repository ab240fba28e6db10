/** runRange: seeds one after another in this process, and what they add up to. */
import { runSeed, type SeedOptions, type Verdict } from './run-seed.ts'
import { addVerdict, emptyTally, type Tally } from './tally.ts'
import { workloadOfSeed } from './workloads/workloads.ts'

export type SimulationOptions = Omit<SeedOptions, 'seed' | 'workload' | 'reference'>

/** A promise that was rejected and nobody awaited ends a process: it is a finding of the seed that runs. */
class Unhandled {
  reasons: string[] = []
  readonly #note = (reason: unknown): void => {
    this.reasons.push(
      `a rejection that nobody handles: ${reason instanceof Error ? reason.stack : String(reason)}`,
    )
  }

  watch(): () => void {
    process.on('unhandledRejection', this.#note)
    return () => process.off('unhandledRejection', this.#note)
  }
}

export async function runOne(seed: number, options: SimulationOptions = {}): Promise<Verdict> {
  const known = await workloadOfSeed(seed)
  const unhandled = new Unhandled()
  const unwatch = unhandled.watch()
  try {
    const verdict = await runSeed({ seed, ...known, ...options })
    return { ...verdict, findings: [...verdict.findings, ...unhandled.reasons] }
  } finally {
    unwatch()
  }
}

export interface SeedRange {
  readonly from: number
  readonly seeds: number
}

export async function runRange(
  { from, seeds }: SeedRange,
  options: SimulationOptions = {},
  each: (verdict: Verdict) => void = () => {},
): Promise<Tally> {
  const tally = emptyTally()
  const startedMs = performance.now()
  const before = process.cpuUsage()
  for (let seed = from; seed < from + seeds; seed++) {
    const verdict = await runOne(seed, options)
    addVerdict(tally, verdict)
    each(verdict)
  }
  const { user, system } = process.cpuUsage(before)
  tally.realMs = performance.now() - startedMs
  tally.workMs = (user + system) / 1000
  return tally
}

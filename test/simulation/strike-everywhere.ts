/** strikeEverywhere: a workload once for each request of its drivers or workers, struck before and after it. */
import type { FaultRates } from './fault-plan.ts'
import { runSeed, type Verdict } from './run-seed.ts'
import { workloadNamed } from './workloads/workloads.ts'
import type { Strike } from './world.ts'

export interface StrikeOptions {
  readonly workload: string
  readonly who: Strike['who']
  readonly how: Strike['how']
  readonly followedBy?: Strike['followedBy']
  /** Besides the strike. Default: none. */
  readonly rates?: FaultRates
  readonly seed?: number
}

export interface StruckRun {
  readonly strike: Strike
  readonly verdict: Verdict
}

const MOMENTS = ['before', 'after'] as const

/** How many requests there are where nothing is struck; clearing away counts too. */
export async function requestsOf({
  workload,
  who,
  seed = 1,
  rates = {},
}: Omit<StrikeOptions, 'how'>): Promise<number> {
  const known = await workloadNamed(workload)
  const { world } = await runSeed({ seed, ...known, rates })
  return world.requests[who]
}

/** Before and after the request of that number. */
export const strikesOf = ({ who, how, followedBy }: StrikeOptions, request: number): readonly Strike[] =>
  MOMENTS.map(moment => ({ who, request, moment, how, ...(followedBy === undefined ? {} : { followedBy }) }))

export async function* strikeEverywhere(options: StrikeOptions): AsyncGenerator<StruckRun> {
  const { workload, seed = 1, rates = {} } = options
  const known = await workloadNamed(workload)
  const requests = await requestsOf(options)
  for (let request = 1; request <= requests; request++) {
    for (const strike of strikesOf(options, request)) {
      yield { strike, verdict: await runSeed({ seed, ...known, rates, strike }) }
    }
  }
}

export interface StrikeTally {
  runs: number
  readonly ended: Record<string, number>
  readonly failing: string[]
}

export const emptyStrikeTally = (): StrikeTally => ({ runs: 0, ended: {}, failing: [] })

/** Adds to a tally, or to a new one. */
export async function tallyStrikes(
  options: StrikeOptions,
  tally: StrikeTally = emptyStrikeTally(),
): Promise<StrikeTally> {
  for await (const { strike, verdict } of strikeEverywhere(options)) {
    tally.runs++
    tally.ended[verdict.ended] = (tally.ended[verdict.ended] ?? 0) + 1
    const [first] = verdict.findings
    const { who, how, moment, request } = strike
    if (first !== undefined) {
      tally.failing.push(
        `${options.workload}, seed ${options.seed ?? 1}, ${who} ${how} ${moment} request ${request}: ${first.split('\n')[0]}`,
      )
    }
  }
  return tally
}

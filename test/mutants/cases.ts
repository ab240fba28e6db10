/** The cases of a look: which runs a mutant is put through, in their order, and what each finds. */
import { factsOf } from '../simulation/fault-kinds.ts'
import type { FaultRates } from '../simulation/fault-plan.ts'
import { runOne } from '../simulation/run-range.ts'
import { runSeed } from '../simulation/run-seed.ts'
import { requestsOf, strikesOf } from '../simulation/strike-everywhere.ts'
import { workloadNamed, workloadNames } from '../simulation/workloads/workloads.ts'
import { CHECKS } from './checks/checks.ts'
import type { Case, Look } from './mutant.ts'

/** Cases with narrowed faults, and as many of the simulation's own seeds. */
export async function* casesOf(look: Look, seeds: number): AsyncGenerator<Case> {
  const { check, strikes, faults, workloads = workloadNames } = look
  if (check !== undefined) yield { kind: 'check', check }
  if (strikes !== undefined) {
    const requests = await requestsOf(strikes)
    for (let request = 1; request <= requests; request++) yield { kind: 'strike', strikes, request }
  }
  if (faults !== undefined) {
    for (let seed = 1; seed <= seeds; seed++) {
      yield { kind: 'narrow', seed, faults, workload: workloads[seed % workloads.length]! }
    }
  }
  if (check !== undefined) return
  for (let seed = 1; seed <= seeds; seed++) yield { kind: 'seed', seed }
}

/** The first thing that is wrong, or null. */
export async function findingOf(one: Case): Promise<string | null> {
  switch (one.kind) {
    case 'check':
      return CHECKS[one.check]()
    case 'strike':
      for (const strike of strikesOf(one.strikes, one.request)) {
        const { workload, seed = 1, rates = {} } = one.strikes
        const { findings } = await runSeed({ seed, ...(await workloadNamed(workload)), rates, strike })
        if (findings.length > 0) return findings[0]!
      }
      return null
    case 'narrow': {
      const known = await workloadNamed(one.workload)
      const { findings } = await runSeed({ seed: one.seed, ...known, rates: ratesOf(one.seed, one.faults) })
      return findings[0] ?? null
    }
    case 'seed':
      return (await runOne(one.seed)).findings[0] ?? null
  }
}

/** Each kind as often as it ever strikes, or less often where that is too much. */
function ratesOf(seed: number, faults: readonly (keyof FaultRates)[]): FaultRates {
  return Object.fromEntries(
    faults.map(kind => {
      const [least, most] = factsOf(kind).rate
      return [kind, seed % 3 === 0 ? Math.sqrt(least * most) : most]
    }),
  )
}

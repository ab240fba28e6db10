/** runSeed: one simulation from its seed to its verdict. */
import type { ComputeBackend } from '../../src/compute/compute-backend.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { scheduleAccidents } from './accidents.ts'
import type { FaultRates } from './fault-plan.ts'
import { Fleet } from './fleet.ts'
import { INVARIANTS, leaksAfterCleaning } from './invariants/invariants.ts'
import { readOutputs } from './read-outputs.ts'
import type { SimulationRun } from './simulation-run.ts'
import { startDriver } from './start-driver.ts'
import type { Found, PreparedWorkload } from './workload.ts'
import { setChance } from './workloads/indeterminate.ts'
import { World } from './world.ts'

const MOST_VIRTUAL_MS = 6 * 3_600_000

export interface SeedOptions {
  readonly seed: number
  readonly workload: PreparedWorkload
  /** What a run without faults gave; null for that run itself. */
  readonly reference: readonly Found[] | null
  readonly rates?: FaultRates
  readonly wrapStore?: (store: ObjectStore) => ObjectStore
  readonly wrapCompute?: (compute: ComputeBackend) => ComputeBackend
  readonly wrapHex?: (digits: string) => string
}

export interface Verdict {
  readonly seed: number
  readonly workload: string
  readonly ended: string
  /** Nothing for a seed that holds. */
  readonly findings: readonly string[]
  readonly found: readonly Found[] | null
  readonly world: World
}

export async function runSeed(options: SeedOptions): Promise<Verdict> {
  const { seed, workload, reference, rates, wrapStore, wrapCompute, wrapHex } = options
  const world = new World({
    seed,
    objects: workload.objects,
    ...(rates === undefined ? {} : { rates }),
    ...(wrapStore === undefined ? {} : { wrapStore }),
  })
  setChance(world.random.of('chance of functions'))
  const fleet = new Fleet(world, {
    functions: workload.functions,
    ...(wrapCompute === undefined ? {} : { wrapCompute }),
    ...(wrapHex === undefined ? {} : { wrapHex }),
  })
  let found: readonly Found[] | null = null
  const accidents = scheduleAccidents(world, workload)
  const driver = startDriver(world, fleet, workload, {
    onEvent: accidents.onEvent,
    onSuccess: job => {
      found = readOutputs({ world, workload }, job)
    },
  })
  accidents.befall(driver)
  const ended = (): boolean => driver.outcome !== null || driver.process.isKilled
  const first = await world.time.run(ended, MOST_VIRTUAL_MS)
  const endedMs = world.time.nowMs
  const findings: string[] = []
  if (first !== 'done') {
    findings.push(
      `stuck: the job has not ended and ${first === 'idle' ? 'nothing is left that could happen' : 'six hours have passed'}`,
    )
  } else {
    // Workers that nobody waits for come to their end.
    if ((await world.time.run(() => false, 2 * MOST_VIRTUAL_MS)) === 'late')
      findings.push('orphans never stop')
    const run: SimulationRun = { world, workload, fleet, driver, found, reference, endedMs }
    for (const invariant of INVARIANTS) findings.push(...invariant(run))
    if (driver.outcome !== null) findings.push(...(await leaksAfterCleaning(run)))
  }
  const state =
    driver.outcome === null ? (driver.process.isKilled ? 'driver killed' : 'stuck') : endOf(driver.outcome)
  world.log.reach(`job ${state}`)
  return { seed, workload: workload.workload.name, ended: state, findings, found, world }
}

function endOf(outcome: { readonly state: string; readonly error?: unknown }): string {
  if (outcome.state === 'succeeded') return 'succeeded'
  const { code } = outcome.error as { readonly code?: string }
  return code === 'CANCELLED' ? 'cancelled' : `failed ${code}`
}

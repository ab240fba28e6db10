/** runSeed: one simulation from its seed to its verdict. */
import type { ComputeBackend } from '../../src/compute/compute-backend.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { Caretaker } from './caretaker.ts'
import type { FaultRates } from './fault-plan.ts'
import { Fleet } from './fleet.ts'
import { INVARIANTS, leaksAfterCleaning } from './invariants/invariants.ts'
import type { SimulationRun } from './simulation-run.ts'
import type { Found, PreparedWorkload } from './workload.ts'
import { setChance } from './workloads/indeterminate.ts'
import { type Strike, World } from './world.ts'

const MOST_VIRTUAL_MS = 6 * 3_600_000

const WHY_STUCK = {
  idle: 'nothing is left that could happen',
  late: 'six hours have passed',
  busy: 'goes round in a circle',
} as const

export interface SeedOptions {
  readonly seed: number
  readonly workload: PreparedWorkload
  /** What a run without faults gave; null for that run itself. */
  readonly reference: readonly Found[] | null
  readonly rates?: FaultRates
  readonly strike?: Strike
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
  const { seed, workload, rates, strike, wrapStore, wrapCompute, wrapHex } = options
  const world = new World({
    seed,
    objects: workload.objects,
    ...(rates === undefined ? {} : { rates }),
    ...(strike === undefined ? {} : { strike }),
    ...(wrapStore === undefined ? {} : { wrapStore }),
  })
  setChance(world.random.of('chance of functions'))
  const fleet = new Fleet(world, {
    functions: workload.functions,
    ...(wrapCompute === undefined ? {} : { wrapCompute }),
    ...(wrapHex === undefined ? {} : { wrapHex }),
  })
  const caretaker = new Caretaker(world, fleet, workload)
  const { stackTraceLimit } = Error
  // Stacks name files, and are parts of records: their lengths must be the same everywhere.
  Error.stackTraceLimit = 0
  try {
    caretaker.begin()
    const { findings, ended } = await judged(options, { world, fleet, caretaker })
    world.log.reach(`job ${ended}`)
    return { seed, workload: workload.workload.name, ended, findings, found: caretaker.found, world }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

interface Simulation {
  readonly world: World
  readonly fleet: Fleet
  readonly caretaker: Caretaker
}

async function judged(
  options: SeedOptions,
  { world, fleet, caretaker }: Simulation,
): Promise<{ findings: string[]; ended: string }> {
  const { workload, reference } = options
  const first = await world.time.run(() => caretaker.done, MOST_VIRTUAL_MS)
  if (first !== 'done') {
    return { findings: [`stuck: the job has not ended and ${WHY_STUCK[first]}`], ended: 'stuck' }
  }
  const findings: string[] = []
  // Workers that nobody waits for come to their end.
  if ((await world.time.run(() => false, 2 * MOST_VIRTUAL_MS)) !== 'idle') findings.push('orphans never stop')
  const { drivers, end, endBeforeRetry, found, cleaningErrors } = caretaker
  const run: SimulationRun = {
    world,
    workload,
    fleet,
    drivers,
    end,
    cleaningErrors,
    endBeforeRetry,
    found,
    reference,
  }
  for (const invariant of INVARIANTS) findings.push(...invariant(run))
  const ended = endOf(caretaker)
  findings.push(...(await leaksAfterCleaning(run)))
  return { findings, ended }
}

function endOf({ end, drivers, endBeforeRetry }: Caretaker): string {
  const again = endBeforeRetry === null ? '' : ' after a retry'
  if (end === null) return drivers.length === 1 ? 'never recorded' : 'not ended'
  if (end.report.state === 'failed') return `failed ${end.failure?.code}${again}`
  return `${end.report.state}${again}`
}

/** What becomes of one request to a store: how long it takes, and which fault strikes it, if any. */
import type { FaultKind } from './fault-kinds.ts'
import type { FaultPlan } from './fault-plan.ts'
import type { RandomStream } from './random-streams.ts'

export type RequestKind =
  | 'get'
  | 'stream'
  | 'put'
  | 'create'
  | 'open'
  | 'upload'
  | 'complete'
  | 'head'
  | 'list'
  | 'delete'
  | 'move'

export interface RequestFate {
  readonly thereMs: number
  readonly backMs: number
  readonly fault: FaultKind | null
}

interface RequestFacts {
  readonly kind: RequestKind
  /** The engine finds out when bytes of it are wrong. */
  readonly checked: boolean
  readonly ofDriver: boolean
}

/** A driver that does survive faults of the store is struck less often than workers: it alone has no other attempt. */
const DRIVER_SHARE = 0.3

const WRITES: ReadonlySet<RequestKind> = new Set<RequestKind>(['put', 'create', 'complete', 'move', 'delete'])
const FILLS: ReadonlySet<RequestKind> = new Set<RequestKind>(['put', 'create', 'open', 'upload', 'complete'])

function faultsOf({ kind, checked }: RequestFacts): readonly FaultKind[] {
  return [
    'slowDown',
    'serverError',
    ...(kind === 'get' || kind === 'stream' ? (['resetMidBody'] as const) : []),
    ...(checked && (kind === 'get' || kind === 'stream') ? (['wrongBytes', 'truncatedBody'] as const) : []),
    ...(WRITES.has(kind) ? (['ambiguousPut', 'latePut'] as const) : []),
    ...(kind === 'create' ? (['lostRace'] as const) : []),
    ...(FILLS.has(kind) ? (['noSpace'] as const) : []),
  ]
}

export function drawFate(facts: RequestFacts, faults: FaultPlan, random: RandomStream): RequestFate {
  let thereMs = random.logarithmic(1, 20)
  const backMs = random.logarithmic(1, 20)
  if (faults.strikes('slowRequest', random)) thereMs += random.logarithmic(1_000, 40_000)
  if (facts.ofDriver && !faults.has('driverStore')) return { thereMs, backMs, fault: null }
  const share = facts.ofDriver ? DRIVER_SHARE * faults.rates.driverStore! : 1
  const fault = faultsOf(facts).find(kind => faults.strikes(kind, random, share)) ?? null
  return { thereMs, backMs, fault }
}

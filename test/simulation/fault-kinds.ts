/** The faults of the simulation: how often each strikes, what failures it may show as, and whether a job survives it. */
import type { ErrorCode } from '../../operators/index.ts'

interface FaultKindFacts {
  /** Probabilities of one stroke, for a request, an event, a stage or a job: a seed draws one in between. */
  readonly rate: readonly [least: number, most: number]
  /** What an attempt, or the driver, may report because of it. */
  readonly codes: readonly ErrorCode[]
  /**
   * Whether a job must go on where it strikes a worker, within the retries that a task has. Else the job may fail, by a
   * typed error and with nothing published.
   */
  readonly survived: boolean
}

const DAMAGE_CODES = ['CORRUPT', 'ROWS_NOT_CONSERVED', 'FINGERPRINT'] as const
const WRONG_ANSWER = { codes: DAMAGE_CODES, survived: true } as const
const DAMAGE = { codes: DAMAGE_CODES, survived: true } as const

export const FAULT_KINDS = {
  // A store's answers. The same kinds strike drivers, see `store-fate.ts`.
  slowDown: { rate: [0.002, 0.04], codes: ['THROTTLED'], survived: true },
  serverError: { rate: [0.002, 0.03], codes: ['STORE'], survived: true },
  resetMidBody: { rate: [0.002, 0.03], codes: ['STORE'], survived: true },
  slowRequest: { rate: [0.002, 0.05], codes: ['TIMEOUT', 'LEASE'], survived: true },
  ambiguousPut: { rate: [0.005, 0.1], codes: ['STORE'], survived: true },
  latePut: { rate: [0.005, 0.1], codes: ['STORE'], survived: true },
  lostRace: { rate: [0.02, 0.4], codes: ['STORE'], survived: true },
  noSpace: { rate: [0.001, 0.01], codes: ['NO_SPACE'], survived: false },
  wrongBytes: { rate: [0.001, 0.02], ...WRONG_ANSWER },
  truncatedBody: { rate: [0.001, 0.02], ...WRONG_ANSWER },
  // A backend's ways with an event.
  throttled: { rate: [0.02, 0.5], codes: ['THROTTLED'], survived: true },
  refused: { rate: [0.01, 0.12], codes: ['WORKER_LOST'], survived: true },
  payloadTooLarge: { rate: [0.002, 0.02], codes: ['TOO_LARGE'], survived: false },
  queueDrop: { rate: [0.01, 0.08], codes: ['TIMEOUT'], survived: true },
  lateDelivery: { rate: [0.01, 0.08], codes: ['TIMEOUT'], survived: true },
  duplicate: { rate: [0.05, 0.5], codes: [], survived: true },
  lostResponse: { rate: [0.01, 0.12], codes: ['WORKER_LOST'], survived: true },
  silence: { rate: [0.01, 0.08], codes: ['TIMEOUT'], survived: true },
  uncancelled: { rate: [0.05, 0.5], codes: [], survived: true },
  outOfMemory: { rate: [0.01, 0.12], codes: ['OUT_OF_MEMORY'], survived: true },
  workerKilled: { rate: [0.02, 0.2], codes: ['WORKER_LOST'], survived: true },
  workerPaused: { rate: [0.01, 0.12], codes: ['TIMEOUT'], survived: true },
  straggler: { rate: [0.01, 0.2], codes: ['TIMEOUT'], survived: true },
  coldStart: { rate: [0.1, 0.8], codes: [], survived: true },
  // What lies in the store between two waves.
  dataDamaged: { rate: [0.05, 0.3], ...DAMAGE },
  commitDamaged: { rate: [0.05, 0.3], ...DAMAGE },
  manifestDamaged: { rate: [0.05, 0.3], ...DAMAGE },
  // What an earlier job has computed, and this one uses.
  earlierDamaged: { rate: [0.3, 1], ...DAMAGE },
  earlierCleaned: { rate: [0.3, 1], ...DAMAGE },
  // What happens to a driver.
  driverStore: { rate: [0.2, 1], codes: [], survived: false },
  driverPaused: { rate: [0.3, 1], codes: ['TIMEOUT', 'LEASE'], survived: true },
  driverKilled: { rate: [0.3, 1], codes: ['LEASE'], survived: true },
  clockJump: { rate: [0.5, 1], codes: ['TIMEOUT'], survived: true },
  secondDriver: { rate: [0.3, 1], codes: ['LEASE'], survived: true },
  cleaner: { rate: [0.3, 1], codes: [], survived: true },
  /** As often as there are cleaners: its own rate does not count. */
  cleanerKilled: { rate: [1, 1], codes: [], survived: true },
  cancelledFromOutside: { rate: [0.3, 1], codes: ['CANCELLED'], survived: false },
  cancelled: { rate: [0.5, 1], codes: ['CANCELLED'], survived: false },
} as const satisfies Readonly<Record<string, FaultKindFacts>>

export type FaultKind = keyof typeof FAULT_KINDS

export const FAULT_NAMES = Object.keys(FAULT_KINDS) as readonly FaultKind[]

export const factsOf = (kind: FaultKind): FaultKindFacts => FAULT_KINDS[kind]

/** FaultPlan: which faults a seed has, how often each strikes, and where each has struck. */
import type { ErrorCode } from '../../operators/index.ts'
import type { EventLog } from './event-log.ts'
import { FAULT_NAMES, type FaultKind, factsOf } from './fault-kinds.ts'
import type { RandomStream, RandomStreams } from './random-streams.ts'
import type { RequestKind } from './store-fate.ts'

/** Seeds without any fault, as a share: the simulation itself must be right. */
const CALM_SHARE = 0.05
/** Of the others, each kind is in this share: few at a time, in ever other company. */
const ACTIVE_SHARE = 0.22

/** What was struck. */
export interface Struck {
  readonly process: string
  readonly stage?: number
  /** Null: the manifest. */
  readonly task?: number | null
  readonly attempt?: number
}

export interface InjectedFault extends Struck {
  readonly kind: FaultKind
  /** The request that it struck, of a fault of the store. */
  readonly request?: RequestKind
}

export type FaultRates = Partial<Readonly<Record<FaultKind, number>>>

export class FaultPlan {
  rates: FaultRates
  readonly injected: InjectedFault[] = []
  readonly #log: EventLog

  constructor(rates: FaultRates, log: EventLog) {
    this.rates = rates
    this.#log = log
  }

  /** Nothing strikes any more. */
  calm(): void {
    this.rates = {}
  }

  has(kind: FaultKind): boolean {
    return this.rates[kind] !== undefined
  }

  /** Whether it strikes now. Draws only where the seed has it. */
  strikes(kind: FaultKind, random: RandomStream, share = 1): boolean {
    const rate = this.rates[kind]
    return rate !== undefined && random.chance(rate * share)
  }

  inject(kind: FaultKind, struck: Struck & Pick<InjectedFault, 'request'>): void {
    this.injected.push({ kind, ...struck })
    const { process, stage, task, attempt } = struck
    const where = stage === undefined ? '' : ` at ${stage}/${task ?? 'manifest'}/${attempt}`
    this.#log.add(process, `FAULT ${kind}${where}`)
  }

  /** What may have made an attempt fail with `code`: faults of its own, and those that strike everybody. */
  causes(code: ErrorCode, attempt: Required<Omit<Struck, 'process'>>): InjectedFault[] {
    return this.injected.filter(
      fault =>
        factsOf(fault.kind).codes.includes(code) &&
        !this.#isSettled(fault) &&
        (fault.stage === undefined ||
          (fault.stage === attempt.stage &&
            fault.task === attempt.task &&
            fault.attempt === attempt.attempt) ||
          isDamage(fault.kind)),
    )
  }

  /** A create that has taken effect: its sender finds out when it looks, unless that is struck, too. */
  #isSettled({ kind, request, process, stage, task, attempt }: InjectedFault): boolean {
    if (kind !== 'ambiguousPut' || request !== 'create') return false
    return !this.injected.some(
      other =>
        other.request === 'get' &&
        other.process === process &&
        other.stage === stage &&
        other.task === task &&
        other.attempt === attempt,
    )
  }

  /** Faults that a job need not survive. */
  get fatal(): InjectedFault[] {
    return this.injected.filter(fault => !factsOf(fault.kind).survived)
  }

  /** Whether a request of a driver failed. */
  get hasStruckDriver(): boolean {
    return this.injected.some(isOfDriver)
  }
}

const isDamage = (kind: FaultKind): boolean => kind.endsWith('Damaged')

function isOfDriver({ kind, process }: InjectedFault): boolean {
  return process.startsWith('driver') && FAILS_REQUESTS.has(kind)
}

const FAILS_REQUESTS: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'slowDown',
  'serverError',
  'resetMidBody',
  'ambiguousPut',
  'latePut',
  'lostRace',
])

export function drawRates(random: RandomStreams): FaultRates {
  const stream = random.of('fault plan')
  if (stream.chance(CALM_SHARE)) return {}
  const rates: Partial<Record<FaultKind, number>> = {}
  for (const kind of FAULT_NAMES) {
    const own = random.of(`fault plan/${kind}`)
    const [least, most] = factsOf(kind).rate
    const rate = own.logarithmic(least, most)
    if (own.chance(ACTIVE_SHARE)) rates[kind] = rate
  }
  return rates
}

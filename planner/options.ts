/** What a job may ask of the planner as a whole; a dataset's own `with` and `splitBytes` come first. */
import { DunlinError } from '../operators/index.ts'
import { checkMaxPartitions } from './max-partitions.ts'
import { checkSkipPolicy, type SkipPolicy } from './skip-policy.ts'

/** How divided rows reach their readers: at once, or merged on their way, which is fewer requests and the bytes once more. */
export type ExchangeKind = 'direct' | 'two-level'

export interface PlanOptions {
  /** Bytes of input a task reads. Default: the total / 32, not under 1 MiB and not over 64 MiB. */
  readonly splitBytes?: number
  /** Partitions of every hash exchange. Default: a partition per 32 MiB of input below it, from 1 to 256. At most 10,000. */
  readonly partitions?: number
  /** Default 256. */
  readonly memoryMb?: number
  /** Default 900,000. */
  readonly timeoutMs?: number
  /** Calls in flight per task for async functions. Default 16. */
  readonly concurrency?: number
  /** Absent: whichever costs less by the engine's rates and prices. */
  readonly exchange?: ExchangeKind
  /** Bad records are skipped; absent: the first one fails the job. */
  readonly onError?: SkipPolicy
}

export const DEFAULT_MEMORY_MB = 256
/** What Lambda allows at most. */
export const DEFAULT_TIMEOUT_MS = 900_000
export const DEFAULT_CONCURRENCY = 16

function checkExchange(exchange: ExchangeKind): void {
  if (exchange === 'direct' || exchange === 'two-level') return
  throw new DunlinError(
    'INVALID_ARGUMENT',
    `exchange must be 'direct' or 'two-level', not ${JSON.stringify(exchange)}`,
    { hint: 'Leave it out to have it chosen by what it costs.' },
  )
}

/** @throws DunlinError `INVALID_ARGUMENT` for anything but a positive whole number, `INVALID_PLAN` for too many partitions. */
export function checkOptions({ onError, exchange, ...options }: PlanOptions): void {
  if (exchange !== undefined) checkExchange(exchange)
  if (onError !== undefined) checkSkipPolicy(onError)
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue
    throw new DunlinError('INVALID_ARGUMENT', `${name} must be a whole number from 1, not ${String(value)}`)
  }
  checkMaxPartitions('options', options.partitions)
}

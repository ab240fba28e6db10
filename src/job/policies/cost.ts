/** What attempts cost, by what their workers told or, where those could not, by the time that was waited. Pure. */
import type { DollarFacts } from '../../../planner/index.ts'
import type { RequestCounts } from '../../store/counted-store.ts'
import type { TaskResult } from '../../task/task-event.ts'

/** One attempt, whatever came of it. */
export interface AttemptCost extends RequestCounts {
  readonly memoryMb: number
  /** Rounded up to a whole millisecond, as it is billed. */
  readonly billedMs: number
  /** Its worker has not told: the time is that from its launch to its answer, and requests are not known. */
  readonly isGuess?: true
  readonly dollars: number
}

export interface AnsweredAttempt {
  readonly memoryMb: number
  readonly result: TaskResult
  /** From launch to answer. */
  readonly waitedMs: number
}

const MB_A_GB = 1024
const MS_A_SECOND = 1000
const NONE: RequestCounts = { gets: 0, puts: 0, lists: 0, deletes: 0 }

export const gbSeconds = ({ memoryMb, billedMs }: Pick<AttemptCost, 'memoryMb' | 'billedMs'>): number =>
  (memoryMb / MB_A_GB) * (billedMs / MS_A_SECOND)

export function dollarsOf(cost: Omit<AttemptCost, 'dollars'>, prices: DollarFacts): number {
  const { perGbSecond, perTask, perGet, perPut } = prices
  const requests = cost.gets * perGet + (cost.puts + cost.lists) * perPut
  return gbSeconds(cost) * perGbSecond + perTask + requests
}

/** Null where nothing was run: the backend refused. */
export function costOf(attempt: AnsweredAttempt, prices: DollarFacts): AttemptCost | null {
  const { memoryMb, result, waitedMs } = attempt
  if (!result.ok && result.failure.code === 'THROTTLED') return null
  const { durationMs, ...requests } = result.use ?? { durationMs: waitedMs, ...NONE }
  const cost = {
    memoryMb,
    billedMs: Math.ceil(Math.max(0, durationMs)),
    ...requests,
    ...(result.use === undefined ? ({ isGuess: true } as const) : {}),
  }
  return { ...cost, dollars: dollarsOf(cost, prices) }
}

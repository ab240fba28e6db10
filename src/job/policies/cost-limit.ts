/** The most that a job may cost: whether one more attempt may be launched, by what it costs in the worst case. Pure. */

import type { Failure } from '../../../operators/index.ts'
import type { DollarFacts, Stage } from '../../../planner/index.ts'
import { dollarsOf } from './cost.ts'

/** What the platform lets a function run past the deadline that it was given. */
const LATE_MS = 1_000
/** Of an input that is read in splits: each range is looked at, read, and read on past its end. */
const GETS_A_SPLIT = 3 * 128
/** Of an exchange, beside its slices: the index. */
const GETS_AN_EXCHANGE = 5
/** A task's object, in a few parts, and its commit. */
const PUTS_A_TASK = 8
const LISTS_A_TASK = 1

export interface WorstCase {
  readonly stage: Stage
  readonly memoryMb: number
  readonly timeoutMs: number
  /** Producers of what the stage reads through exchanges, of all inputs together; of a manifest the commits. */
  readonly slices: number
}

/** Dollars of an attempt that runs until it is stopped, and makes all the requests that the plan lets expect. */
export function worstCaseOf({ stage, memoryMb, timeoutMs, slices }: WorstCase, prices: DollarFacts): number {
  const inputs = { splits: 0, exchange: 0 }
  for (const { kind } of stage.inputs) inputs[kind]++
  return dollarsOf(
    {
      memoryMb,
      billedMs: timeoutMs + LATE_MS,
      gets: inputs.splits * GETS_A_SPLIT + inputs.exchange * GETS_AN_EXCHANGE + 2 * slices,
      puts: PUTS_A_TASK,
      lists: LISTS_A_TASK,
      deletes: 0,
    },
    prices,
  )
}

/** What the job may spend, what it has spent, and what attempts in flight may add. */
export interface Spending {
  readonly maxCost: number
  readonly spent: number
  readonly inFlight: number
  /** The worst case of the dearest attempt so far. */
  readonly dearest: number
}

/**
 * - `launch`: even if everything in flight and the next one run as long as they may, the limit holds.
 * - `wait`: attempts in flight will cost less than the worst, and make room.
 * - `end`: nothing is in flight, and there is no room for the next one.
 *
 * Those in flight are each taken for the dearest, so that the answer follows from a few numbers.
 */
export function admission(
  { maxCost, spent, inFlight, dearest }: Spending,
  next: number,
): 'launch' | 'wait' | 'end' {
  const atRisk = inFlight * Math.max(dearest, next)
  if (spent + atRisk + next <= maxCost) return 'launch'
  return inFlight === 0 ? 'end' : 'wait'
}

const dollars = (value: number): string => `$${Number(value.toPrecision(3))}`

export function costFailure(
  { maxCost, spent }: Pick<Spending, 'maxCost' | 'spent'>,
  next: {
    readonly stage: Stage
    readonly worst: number
    readonly memoryMb: number
    readonly timeoutMs: number
  },
): Failure {
  const { stage, worst, memoryMb, timeoutMs } = next
  return {
    code: 'MAX_COST',
    message:
      `the job has spent ${dollars(spent)}, and the next task of stage ${stage.id} (${stage.title}) may cost ` +
      `${dollars(worst)} (${memoryMb} MB for ${timeoutMs} ms): that is over its maxCost of ${dollars(maxCost)}`,
    hint:
      'What has committed is kept: `dunlin jobs retry <id> --max-cost <dollars>` goes on from there. ' +
      'A shorter timeoutMs makes the worst case of a task cheaper.',
    retryable: false,
    place: { stage: stage.id },
    causes: [],
  }
}

/** What the operators of a task are given besides their specs. */
import type { RunStore } from '../operator.ts'
import type { TaskArgument } from '../task-argument.ts'
import type { BadRecords } from './bad-records.ts'

/** A user's function as a worker has it: anything may go in, anything may come out. */
export type UserFn = (...args: never[]) => unknown

export interface OperatorEnv {
  /** The default export of the job's shipped module; a `FunctionRef` is an index into it. */
  readonly functions: readonly UserFn[]
  /** The last argument of every user function. */
  readonly task: TaskArgument
  /**
   * Counted bytes of state at which an operator gives up what it holds. For breakers a share of the task's memory; for
   * those of a chain the same in every task, since where a partial aggregation is cut shows in its results.
   */
  readonly budgetBytes: number
  /** Takes bad records, which are then skipped; absent: the first one fails the task. */
  readonly bad?: BadRecords
}

/** What pipeline breakers are given: also where to keep what their budget cannot hold. */
export interface BreakerEnv extends OperatorEnv {
  readonly runs: RunStore
}

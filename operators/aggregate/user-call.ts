/** Calls of user functions that must answer at once: keys and aggregations. */
import type { OperatorEnv } from '../rows/operator-env.ts'
import { refuseThenable } from '../rows/row-step.ts'
import { isThenable } from '../rows/thenable.ts'
import { type CallSite, NO_RECORD, userError } from '../rows/user-error.ts'
import type { FunctionRef } from '../spec.ts'
import type { TaskArgument } from '../task-argument.ts'

type AnyFunction = (...args: unknown[]) => unknown

export class UserCall {
  readonly #fn: AnyFunction
  readonly #task: TaskArgument
  readonly #site: CallSite

  constructor(options: {
    readonly operator: string
    /** What the function is for: `key`, `add of "total"`. */
    readonly role: string
    readonly ref: FunctionRef
    readonly env: OperatorEnv
  }) {
    const { operator, role, ref, env } = options
    this.#fn = env.functions[ref.fn] as AnyFunction
    this.#task = env.task
    this.#site = { text: `${operator}: ${role}`, ref }
  }

  call0(): unknown {
    const fn = this.#fn
    let result: unknown
    try {
      result = fn(this.#task)
    } catch (thrown) {
      throw userError(this.#site, thrown, NO_RECORD)
    }
    return typeof result === 'object' && result !== null ? this.#answer(result, NO_RECORD) : result
  }

  /** What the function returns, as a value that nobody else holds: `() => shared` begins every group the same. */
  callFresh(): unknown {
    const state = this.call0()
    if (typeof state !== 'object' || state === null) return state
    try {
      return structuredClone(state)
    } catch (thrown) {
      throw userError(this.#site, thrown, NO_RECORD)
    }
  }

  call1(a: unknown): unknown {
    const fn = this.#fn
    let result: unknown
    try {
      result = fn(a, this.#task)
    } catch (thrown) {
      throw userError(this.#site, thrown, a)
    }
    return typeof result === 'object' && result !== null ? this.#answer(result, a) : result
  }

  /** `record` is what an error shows. */
  call2(a: unknown, b: unknown, record: unknown): unknown {
    const fn = this.#fn
    let result: unknown
    try {
      result = fn(a, b, this.#task)
    } catch (thrown) {
      throw userError(this.#site, thrown, record)
    }
    return typeof result === 'object' && result !== null ? this.#answer(result, record) : result
  }

  #answer(result: object, record: unknown): unknown {
    if (!isThenable(result)) return result
    try {
      refuseThenable(result, 'nothing here can wait for')
    } catch (thrown) {
      throw userError(this.#site, thrown, record)
    }
    return result
  }
}

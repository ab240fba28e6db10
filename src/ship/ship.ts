/** Code shipping, its interface: functions of the user's program become one module that a worker can load. */
import type { FunctionFacts, UserFunction } from '../../planner/index.ts'

export interface ShippedModule {
  /** SHA-256 of `source`, lower-case hexadecimal: the module's name in the store (`code/<hash>.mjs`). */
  readonly hash: string
  /** An ES module whose default export is the array of the functions, in the order they were given. */
  readonly source: Uint8Array
  /** One a function, in the order they were given. */
  readonly functions: readonly FunctionFacts[]
  /** For people: captured variables that each worker would change in its own copy, and the like. */
  readonly warnings: readonly string[]
  /** Source map of `source`, which stays with the driver. */
  readonly sourceMap: string
}
export type { FunctionFacts, UserFunction }

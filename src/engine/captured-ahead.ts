/** Functions that were captured ahead, into an artefact: what stands for them in a driver, and the module they are in. */
import { DunlinError } from '../../operators/index.ts'
import type { FunctionFacts, UserFunction } from '../../planner/index.ts'
import type { ShippedModule } from '../ship/ship.ts'

/** Functions of artefacts, which are only names for those in a shipped module, with the module and what is known of them. */
const captured = new WeakMap<
  UserFunction,
  { readonly module: ShippedModule; readonly facts: FunctionFacts }
>()

export function standIn(module: ShippedModule, facts: FunctionFacts): UserFunction {
  const fn = (): never => {
    throw new DunlinError(
      'INVALID_ARGUMENT',
      `${facts.name || 'a function'} of an artefact runs on workers only`,
    )
  }
  Object.defineProperty(fn, 'name', { value: facts.name })
  captured.set(fn, { module, facts })
  return fn
}

/**
 * The module that these functions were captured into ahead; undefined where they were not.
 *
 * @throws DunlinError `INVALID_PLAN` where only some of them were, or into another module
 */
export function capturedAhead(functions: readonly UserFunction[]): ShippedModule | undefined {
  const found = functions.map(fn => captured.get(fn))
  if (found.every(one => one === undefined)) return undefined
  const module = found[0]?.module
  if (module === undefined || found.some(one => one?.module !== module)) {
    throw new DunlinError(
      'INVALID_PLAN',
      'outputs of an artefact cannot be in one job with others that have functions',
      {
        hint: 'Run them one after the other, or build one artefact of all.',
      },
    )
  }
  return { ...module, functions: found.map(one => one!.facts) }
}

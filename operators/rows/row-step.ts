/** Row steps as they are run: what each does with a record, its function, and how it is named. */
import type { FunctionRef, RowStep } from '../spec.ts'
import type { OperatorEnv, UserFn } from './operator-env.ts'
import { heldPromise, isThenable } from './thenable.ts'
import { BadResult, type CallSite } from './user-error.ts'

export interface BoundStep extends CallSite {
  readonly kind: RowStep['kind']
  readonly fn: UserFn
  /** It is given arrays of records: where it fails, each of them counts as bad. */
  readonly takesMany?: true
}

const VERB = { map: 'Map', flatMap: 'FlatMap', filter: 'Filter' } as const

/** `FlatMap tokenize`. */
export const stepText = (step: RowStep): string => namedText(VERB[step.kind], step.fn)

/** `verb` with the function's name, where it has one. */
export const namedText = (verb: string, ref: FunctionRef): string =>
  ref.name === '' ? verb : `${verb} ${ref.name}`

export const bindSteps = (steps: readonly RowStep[], env: OperatorEnv): readonly BoundStep[] =>
  steps.map(step => ({ kind: step.kind, fn: env.functions[step.fn.fn]!, text: stepText(step), ref: step.fn }))

/** Opens what a flatMap function returned, if it is not an array. Strings are iterable, and never meant. */
export function openIterable(value: unknown): Iterator<unknown> {
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) {
    return (value as Iterable<unknown>)[Symbol.iterator]()
  }
  const what = value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
  throw new BadResult(
    `returned ${value === undefined ? 'nothing' : what}, not an array`,
    'Return an array (or another iterable) of records: [record] for one, [] for none.',
  )
}

/** The records of what a flatMap function returned, all of them before the first is used. */
export function allOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  const iterator = openIterable(value)
  const all: unknown[] = []
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) all.push(next.value)
  return all
}

/** A promise where an answer is needed at once. `always` says what it would silently mean. */
export function refuseThenable(value: unknown, always: string): void {
  if (!isThenable(value)) return
  heldPromise(value)
  throw new BadResult(
    `returned a promise, which ${always}`,
    'Do the waiting in a map step before, and decide on its result.',
    { ofFunction: true },
  )
}

export const TRUTHY = 'would always be truthy'

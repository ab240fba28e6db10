/** The fused loop of a chain of row functions, one generated for each chain. */
import type { Emit } from '../operator.ts'
import type { BadRecords } from './bad-records.ts'
import { type FlatMapAt, intoSink, rowKept, stepsText } from './loop-text.ts'
import type { OperatorEnv, UserFn } from './operator-env.ts'
import type { RowSink } from './row-sink.ts'
import { allOf, type BoundStep, openIterable, refuseThenable, TRUTHY } from './row-step.ts'
import { skippedOrError } from './skipped-record.ts'
import { skippingFiltersText, skippingRowsText } from './skipping-loop.ts'
import type { Frame, Suspension } from './suspension.ts'
import { gathered, heldPromise, isThenable } from './thenable.ts'
import { userError } from './user-error.ts'

/** Of the environment, loops use the task and the taker of bad records. */
type LoopEnv = Pick<OperatorEnv, 'functions' | 'task' | 'bad'>

/** Runs records through all steps into the sink, row by row; stops at the first promise. */
export type RowLoop = (
  records: readonly unknown[],
  env: LoopEnv,
  sink: RowSink,
  emit: Emit,
) => Suspension | null

/**
 * A loop that many chains share sees functions and records of every kind, and the compiler gives up on it (about
 * 40 % slower, measured); so each chain has a loop of its own text. The text is the engine's: kinds and numbers of
 * steps, never anything of the user's. Loops are kept with the functions that they call, so that the tasks of a job
 * that meet in one worker share one that is already compiled. Where bad records are skipped, the text is another one:
 * loops that do not skip pay nothing for those that do.
 */
export function rowLoop(steps: readonly BoundStep[], env: LoopEnv): RowLoop {
  const text = env.bad === undefined ? rowLoopText : skippingRowsText
  return keptLoop(steps, env.functions, text) as RowLoop
}

/** Runs records through filters; writes the numbers of those that all keep to `rows`, and gives how many they are. */
export type FilterLoop = (records: readonly unknown[], env: LoopEnv, rows: Int32Array) => number

/** The loop of a chain of nothing but filters. */
export function filterLoop(steps: readonly BoundStep[], env: LoopEnv): FilterLoop {
  const text = env.bad === undefined ? filterLoopText : skippingFiltersText
  return keptLoop(steps, env.functions, text) as FilterLoop
}

type LoopText = (steps: readonly BoundStep[]) => string

const loopsOf = new WeakMap<readonly UserFn[], Map<string, unknown>>()
let generated = 0

function keptLoop(steps: readonly BoundStep[], functions: readonly UserFn[], textOf: LoopText): unknown {
  let loops = loopsOf.get(functions)
  if (loops === undefined) loopsOf.set(functions, (loops = new Map()))
  const called = steps.map(s => `${s.kind} ${s.ref.fn} ${s.text} ${s.ref.at ?? ''}`)
  const key = [textOf.name, ...called].join('\n')
  let loop = loops.get(key)
  if (loop === undefined) loops.set(key, (loop = generate(steps, textOf(steps))))
  return loop
}

function generate(steps: readonly BoundStep[], text: string): unknown {
  const names = steps.map((_, k) => `f${k}`)
  // The number makes the text unique: equal texts would share what the compiler learns.
  const make = new Function('engine', ...names, `// ${++generated}\n${text}`) as (
    ...args: unknown[]
  ) => unknown
  return make(loopEngine(steps), ...steps.map(step => step.fn))
}

function filterLoopText(steps: readonly BoundStep[]): string {
  return `return function filters(records, { task }, rows) {
  let row = 0, step = 0, given, kept = 0
  try {
    for (; row < records.length; row++) {
      const v0 = records[row]
      ${stepsText(steps, { taken: rowKept, iterator: k => `t${k}`, flatMap: iterated })}
    }
    return kept
  } catch (thrown) {
    throw engine.failed(step, thrown, given)
  }
}`
}

function rowLoopText(steps: readonly BoundStep[]): string {
  const iterators = steps.flatMap((step, k) => (step.kind === 'flatMap' ? [`t${k}`] : []))
  return `return function rows(records, { task }, sink, emit) {
  let row = 0, step = 0, given
  ${iterators.map(t => `let ${t} = null\n`).join('')}
  try {
    for (; row < records.length; row++) {
      const v0 = records[row]
      ${stepsText(steps, { taken: intoSink(steps), iterator: k => `t${k}`, flatMap: iterated })}
    }
    return null
  } catch (thrown) {
    engine.close([${iterators.join(', ')}])
    throw step < ${steps.length} ? engine.failed(step, thrown, given) : thrown
  }
}`
}

/** Rows of an iterable are taken one by one: a function may make more of them than memory holds. */
function iterated({ k, v, suspend, further }: FlatMapAt): string {
  return `let a${k} = null
  if (Array.isArray(r${k})) a${k} = r${k}
  else {
    const p${k} = engine.promiseOf(r${k})
    if (p${k} !== null) ${suspend(`p${k}`)}
    t${k} = engine.openIterable(r${k})
  }
  for (let i${k} = 0; ; i${k}++) {
    let e${k}
    if (a${k} !== null) {
      if (i${k} >= a${k}.length) break
      e${k} = a${k}[i${k}]
    } else {
      step = ${k}; given = ${v}
      const n${k} = t${k}.next()
      if (n${k}.done) break
      e${k} = n${k}.value
    }
    ${further(`e${k}`)}
  }
  t${k} = null`
}

function loopEngine(steps: readonly BoundStep[]) {
  return {
    allOf,
    heldPromise,
    openIterable,
    promiseOf: flatMapPromise,
    refuseThenable: (value: unknown) => refuseThenable(value, TRUTHY),
    skipped: (bad: BadRecords, step: number, thrown: unknown, given: unknown) =>
      step < steps.length ? skippedOrError(bad, steps[step]!, thrown, given) : thrown,
    failed: (step: number, thrown: unknown, given: unknown) => userError(steps[step]!, thrown, given),
    frame: (
      step: number,
      array: readonly unknown[] | null,
      next: number,
      iterator: Iterator<unknown>,
      given: unknown,
    ): Frame => ({
      step,
      rest: array === null ? iterator : restOf(array, next),
      given,
    }),
    close: closeIterators,
  }
}

/** The promise that a flatMap function returned, or made of the async iterable that it returned. */
export const flatMapPromise = (value: unknown): Promise<unknown> | null =>
  isThenable(value) ? heldPromise(value) : gathered(value)

function* restOf(array: readonly unknown[], from: number): Generator<unknown, void, void> {
  for (let i = from; i < array.length; i++) yield array[i]
}

/** Lets the user's generators run their `finally`, innermost first, as leaving a `for` loop would. */
export function closeIterators(iterators: readonly (Iterator<unknown> | null)[]): void {
  for (const iterator of [...iterators].reverse()) {
    try {
      iterator?.return?.()
    } catch {
      // The first error is the one to tell.
    }
  }
}

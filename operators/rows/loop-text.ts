/** The text that a chain's steps have in every generated loop: calls, filters, promises; a flatMap's is the loop's own. */
import type { BoundStep } from './row-step.ts'

/** A flatMap around a step: its number and the variable of the record that it was given. */
export interface OpenFlatMap {
  readonly k: number
  readonly v: string
}

/** A flatMap where its text is made: variables end in its number. */
export interface FlatMapAt extends OpenFlatMap {
  /** The text that leaves the loop for the promise of this expression. */
  readonly suspend: (promise: string) => string
  /** The text of all further steps, for one of its rows in variable `v`. */
  readonly further: (v: string) => string
}

/** What one kind of loop has of its own. */
export interface LoopParts {
  /** What becomes of the record in variable `v` after the last step. */
  readonly taken: (v: string) => string
  /** The expression of flatMap `k`'s iterator, for the frame of a suspension. */
  readonly iterator: (k: number) => string
  /** The text of a flatMap behind its call. */
  readonly flatMap: (at: FlatMapAt) => string
}

/** The text of step `k` and all after it, for the record in variable `v`; `around` holds the flatMaps around it. */
export function stepsText(
  steps: readonly BoundStep[],
  parts: LoopParts,
  k = 0,
  v = 'v0',
  around: readonly OpenFlatMap[] = [],
): string {
  const step = steps[k]
  if (step === undefined) return parts.taken(v)
  const call = `step = ${k}; given = ${v}; const r${k} = f${k}(${v}, task)`
  const frames = around
    .map(({ k: j, v: of }) => `engine.frame(${j}, a${j}, i${j} + 1, ${parts.iterator(j)}, ${of})`)
    .join(', ')
  const suspend = (promise: string) =>
    `return { row, step: ${k}, promise: ${promise}, value: ${v}, frames: [${frames}], records }`
  switch (step.kind) {
    case 'filter':
      return `${call}
    if (r${k} !== true) {
      if (r${k} === false) continue
      engine.refuseThenable(r${k})
      if (!r${k}) continue
    }
    ${stepsText(steps, parts, k + 1, v, around)}`
    case 'map':
      return `${call}
    if (typeof r${k} === 'object' && r${k} !== null && typeof r${k}.then === 'function') {
      ${suspend(`engine.heldPromise(r${k})`)}
    }
    ${stepsText(steps, parts, k + 1, `r${k}`, around)}`
    case 'flatMap': {
      const further = (of: string) => stepsText(steps, parts, k + 1, of, [...around, { k, v }])
      return `${call}
  ${parts.flatMap({ k, v, suspend, further })}`
    }
  }
}

/** After the last step: into the sink. */
export const intoSink = (steps: readonly BoundStep[]) => (v: string) =>
  `step = ${steps.length}; sink.add(${v}); if (sink.full) sink.endBatch(emit)`

/** After the last filter: the number of the row. */
export const rowKept = (): string => 'rows[kept++] = row'

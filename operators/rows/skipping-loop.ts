/** The text of a chain's loop where bad records are skipped: it goes on after the record on which a function failed. */
import type { BoundStep } from './row-step.ts'

/** A flatMap around the step: its number and the variable of the record that it was given. */
interface OpenFlatMap {
  readonly k: number
  readonly v: string
}

/** As `rows` of row-loop.ts. */
export function skippingRowsText(steps: readonly BoundStep[]): string {
  const taken = (v: string) => `step = ${steps.length}; sink.add(${v}); if (sink.full) sink.endBatch(emit)`
  return `return function rows(records, { task, bad }, sink, emit) {
  let row = 0, step = 0, given, fatal = null
  rows: for (; row < records.length; row++) {
    const v0 = records[row]
    ${guarded(bodyText(steps, 0, 'v0', [], taken))}
  }
  if (fatal !== null) throw fatal
  return null
}`
}

/** As `filters` of row-loop.ts. */
export function skippingFiltersText(steps: readonly BoundStep[]): string {
  return `return function filters(records, { task, bad }, rows) {
  let row = 0, step = 0, given, kept = 0, fatal = null
  rows: for (; row < records.length; row++) {
    const v0 = records[row]
    ${guarded(bodyText(steps, 0, 'v0', [], () => 'rows[kept++] = row'))}
  }
  if (fatal !== null) throw fatal
  return kept
}`
}

/**
 * What fails in `body` costs the record that the failing step was given, and no other. A fatal error leaves by `break`:
 * the `catch` of a flatMap further out must not take it for one of its own.
 */
function guarded(body: string): string {
  return `try {
    ${body}
  } catch (thrown) {
    fatal = engine.skipped(bad, step, thrown, given)
    if (fatal !== null) break rows
  }`
}

/** The text of step `k` and all after it, for the record in variable `v`; see `bodyText` of row-loop.ts. */
function bodyText(
  steps: readonly BoundStep[],
  k: number,
  v: string,
  around: readonly OpenFlatMap[],
  taken: (v: string) => string,
): string {
  const step = steps[k]
  if (step === undefined) return taken(v)
  const call = `step = ${k}; given = ${v}; const r${k} = f${k}(${v}, task)`
  const frames = around
    .map(({ k: j, v: of }) => `engine.frame(${j}, a${j}, i${j} + 1, null, ${of})`)
    .join(', ')
  const suspend = (promise: string) =>
    `return { row, step: ${k}, promise: ${promise}, value: ${v}, frames: [${frames}], records }`
  if (step.kind === 'filter') {
    return `${call}
    if (r${k} !== true) {
      if (r${k} === false) continue
      engine.refuseThenable(r${k})
      if (!r${k}) continue
    }
    ${bodyText(steps, k + 1, v, around, taken)}`
  }
  if (step.kind === 'map') {
    return `${call}
    if (typeof r${k} === 'object' && r${k} !== null && typeof r${k}.then === 'function') {
      ${suspend(`engine.heldPromise(r${k})`)}
    }
    ${bodyText(steps, k + 1, `r${k}`, around, taken)}`
  }
  // All of the record's rows are there before the first goes on: a function that fails midway gives none.
  return `${call}
  const p${k} = Array.isArray(r${k}) ? null : engine.promiseOf(r${k})
  if (p${k} !== null) ${suspend(`p${k}`)}
  const a${k} = engine.allOf(r${k})
  for (let i${k} = 0; i${k} < a${k}.length; i${k}++) {
    const e${k} = a${k}[i${k}]
    ${guarded(bodyText(steps, k + 1, `e${k}`, [...around, { k, v }], taken))}
  }`
}

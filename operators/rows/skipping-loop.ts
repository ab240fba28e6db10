/** The text of a chain's loop where bad records are skipped: it goes on after the record on which a function failed. */
import { type FlatMapAt, intoSink, rowKept, stepsText } from './loop-text.ts'
import type { BoundStep } from './row-step.ts'

/** As `rows` of row-loop.ts. */
export function skippingRowsText(steps: readonly BoundStep[]): string {
  return `return function rows(records, { task, bad }, sink, emit) {
  let row = 0, step = 0, given, fatal = null
  rows: for (; row < records.length; row++) {
    const v0 = records[row]
    ${guarded(stepsText(steps, { taken: intoSink(steps), iterator: () => 'null', flatMap: gatheredFirst }))}
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
    ${guarded(stepsText(steps, { taken: rowKept, iterator: () => 'null', flatMap: gatheredFirst }))}
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

/** All of the record's rows are there before the first goes on: a function that fails midway gives none. */
function gatheredFirst({ k, suspend, further }: FlatMapAt): string {
  return `const p${k} = Array.isArray(r${k}) ? null : engine.promiseOf(r${k})
  if (p${k} !== null) ${suspend(`p${k}`)}
  const a${k} = engine.allOf(r${k})
  for (let i${k} = 0; i${k} < a${k}.length; i${k}++) {
    const e${k} = a${k}[i${k}]
    ${guarded(further(`e${k}`))}
  }`
}

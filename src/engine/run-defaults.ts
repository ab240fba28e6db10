/** What `dunlin run` gives to the runs that a script makes by itself, whichever copy of dunlin the script imports. */
import type { RunOptions } from '../dataset/run-options.ts'

/** Shared by every copy of dunlin in a process; the options of a run itself come first. */
const RUN_DEFAULTS = Symbol.for('dunlin.run-defaults')

export type RunDefaults = Pick<RunOptions, 'signal' | 'onEvent' | 'reuse' | 'maxCost'>

const place = globalThis as { [RUN_DEFAULTS]?: RunDefaults }

export const runDefaults = (): RunDefaults => place[RUN_DEFAULTS] ?? {}

/** Offers the defaults until the returned function is called. */
export function offerRunDefaults(defaults: RunDefaults): () => void {
  place[RUN_DEFAULTS] = defaults
  return () => {
    delete place[RUN_DEFAULTS]
  }
}

/** Options for the runs that a script makes by itself: they reach whichever copy of dunlin the script imports. */
import type { RunOptions } from '../dataset/run-options.ts'

/** Read by the actions of every copy of dunlin in this process; options that a run is given itself come first. */
const RUN_DEFAULTS = Symbol.for('dunlin.run-defaults')

export type RunDefaults = Pick<RunOptions, 'signal' | 'onEvent'>

/** Offers the defaults until the returned function is called. */
export function offerRunDefaults(defaults: RunDefaults): () => void {
  const place = globalThis as { [RUN_DEFAULTS]?: RunDefaults }
  place[RUN_DEFAULTS] = defaults
  return () => {
    delete place[RUN_DEFAULTS]
  }
}

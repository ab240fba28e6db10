/** Output: a dataset with a sink. It is what `run` runs; one that is never run is warned of at exit. */
import type { LogicalOutput } from '../../planner/index.ts'
import type { JobReport } from '../events/job-event.ts'
import { DRIVER_ONLY } from './driver-only.ts'
import type { RunOptions } from './run-options.ts'

const neverRun = new Set<Output>()
let watching = false

/** Says at exit which outputs were made and never run: a forgotten `run()` looks like an empty result otherwise. */
function watch(output: Output): void {
  neverRun.add(output)
  if (watching) return
  watching = true
  process.once('exit', code => {
    if (code !== 0) return
    for (const { logical } of neverRun) {
      if (logical.kind !== 'write') continue
      const at = logical.at === undefined ? '' : ` (${logical.at})`
      process.stderr.write(
        `dunlin: the output ${logical.uri}${at} was never run; call .run() on it, or run([…])\n`,
      )
    }
  })
}

export class Output {
  declare readonly [DRIVER_ONLY]: string
  readonly logical: LogicalOutput

  constructor(logical: LogicalOutput) {
    this.logical = Object.freeze(logical)
    watch(this)
  }

  /** Runs this output as one job. Rejects with a `DunlinError` when the job fails; what was not complete is not published. */
  run(options: RunOptions = {}): Promise<JobReport> {
    return run([this], options)
  }

  /** The plan and its estimates, as text; nothing runs but the listing of the sources. */
  explain(options: Pick<RunOptions, 'engine'> = {}): Promise<string> {
    return explain([this], options)
  }
}
Object.defineProperty(Output.prototype, DRIVER_ONLY, { value: 'Output' })

/**
 * Runs several outputs as one job: what they have in common is computed once.
 *
 * @example
 * await run([words.write.csv('out/words/'), letters.write.csv('out/letters/')])
 */
export async function run(outputs: Output | readonly Output[], options: RunOptions = {}): Promise<JobReport> {
  const all = outputs instanceof Output ? [outputs] : outputs
  for (const output of all) neverRun.delete(output)
  const { runOutputs } = await import('../engine/actions.ts')
  return runOutputs(
    all.map(output => output.logical),
    options,
  )
}

/** The plan of several outputs as one job, with estimates. */
export async function explain(
  outputs: Output | readonly Output[],
  options: Pick<RunOptions, 'engine'> = {},
): Promise<string> {
  const all = outputs instanceof Output ? [outputs] : outputs
  for (const output of all) neverRun.delete(output)
  const { explainOutputs } = await import('../engine/actions.ts')
  return explainOutputs(
    all.map(output => output.logical),
    options,
  )
}

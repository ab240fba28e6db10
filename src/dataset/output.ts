/** Output: a dataset with a sink. It is what `run` runs; one that is never run is warned of at exit. */
import type { LogicalOutput } from '../../planner/index.ts'
import type { JobReport } from '../events/job-event.ts'
import { DRIVER_ONLY } from './driver-only.ts'
import type { ExplainOptions, RunOptions } from './run-options.ts'

/** One set in a process: `dunlin build` uses outputs that another copy of dunlin may have made. */
const SLOT: unique symbol = Symbol.for('dunlin.neverRun')
const holder = globalThis as { [SLOT]?: Set<Output> }

/** Says at exit which outputs were made and never run: a forgotten `run()` looks like an empty result otherwise. */
function watched(): Set<Output> {
  const neverRun = new Set<Output>()
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
  return neverRun
}

/** Nobody has forgotten these. */
export function markUsed(outputs: readonly Output[]): void {
  for (const output of outputs) holder[SLOT]?.delete(output)
}

/**
 * A dataset with a sink: what `run` runs, alone or with others. Made by `dataset.write`.
 *
 * @example
 * const output = from(['a', 'b']).write.text('out/letters/')
 * await output.run()
 * await read.text('out/letters/').collect() // ['a', 'b']
 */
export class Output {
  declare readonly [DRIVER_ONLY]: string
  /** What the planner is given. */
  readonly logical: LogicalOutput

  /** Outputs come from `dataset.write`. */
  constructor(logical: LogicalOutput) {
    this.logical = Object.freeze(logical)
    holder[SLOT] ??= watched()
    holder[SLOT].add(this)
  }

  /**
   * Runs this output as one job and resolves with its report.
   *
   * @throws DunlinError as `run([output])`
   *
   * @example
   * const report = await range(3).write.jsonl('out/numbers/').run({ name: 'numbers' })
   * report.state // 'succeeded'
   */
  run(options: RunOptions = {}): Promise<JobReport> {
    return run([this], options)
  }

  /**
   * The plan as text: stages, exchanges, and estimates of bytes, requests and seconds. Lists the sources and runs
   * nothing.
   *
   * @throws DunlinError as `explain([output])`
   *
   * @example
   * const text = await range(3).write.csv('out/numbers/').explain()
   * text.includes('out/numbers/ · 1 part') // true
   */
  explain(options: ExplainOptions = {}): Promise<string> {
    return explain([this], options)
  }
}
Object.defineProperty(Output.prototype, DRIVER_ONLY, { value: 'Output' })

/**
 * Runs outputs as one job: what they have in common is computed once. Resolves with the job's report when all are
 * published; where the job fails before that, none is.
 *
 * @throws DunlinError `INVALID_PLAN` when there is no output, or one lies in another or in what the job reads;
 * `OUTPUT_NOT_EMPTY` when a directory holds something and its `mode` is `fail`; `CANCELLED` when `signal` is aborted;
 * and what the verbs, sources and sinks say
 *
 * @example
 * const words = read.text('books/').words()
 * const report = await run([
 *   words.valueCounts().write.csv('out/words/'),
 *   words.map(word => word.length).write.jsonl('out/lengths/'),
 * ])
 * report.outputs.map(output => output.rows) // [4, 6]
 */
export async function run(outputs: Output | readonly Output[], options: RunOptions = {}): Promise<JobReport> {
  const all = outputs instanceof Output ? [outputs] : outputs
  markUsed(all)
  const { runOutputs } = await import('../engine/actions.ts')
  return runOutputs(
    all.map(output => output.logical),
    options,
  )
}

/**
 * The plan of outputs as one job, as text: stages, exchanges, and estimates of bytes, requests and seconds. Lists the
 * sources and runs nothing.
 *
 * @throws DunlinError `NOT_FOUND` when a source is not there; `INVALID_PLAN` when there is no output; `CANNOT_SHIP`
 * (with `code`, of all functions that cannot be shipped), `INVALID_PLAN`, `UNKNOWN_COLUMN` or `USER_FUNCTION` when the
 * plan can be seen to fail
 *
 * @example
 * const numbers = range(9).map(n => n * n)
 * const text = await explain([numbers.write.csv('out/csv/'), numbers.write.jsonl('out/jsonl/')])
 * text.includes('made once for 2 readers') // true
 */
export async function explain(
  outputs: Output | readonly Output[],
  options: ExplainOptions = {},
): Promise<string> {
  const all = outputs instanceof Output ? [outputs] : outputs
  markUsed(all)
  const { explainOutputs } = await import('../engine/actions.ts')
  return explainOutputs(
    all.map(output => output.logical),
    options,
  )
}

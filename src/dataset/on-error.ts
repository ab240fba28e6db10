/** What a job does about bad records, as it is asked of `run` and the actions. */
import { DunlinError } from '../../operators/index.ts'
import type { SkipPolicy, WriteMode } from '../../planner/index.ts'
import { toRootUri } from '../store/file-uri.ts'
import { argument } from './arguments.ts'

/** Skip bad records, but not too many of them, and say where they go. */
export interface SkipOptions {
  /**
   * The share of the records that a stage reads that may be bad, from 0 to 1: 0.01 is one in a hundred. One more fails
   * the job. Default 1: any number.
   */
  readonly tolerate?: number
  /**
   * The directory of the dead letters, JSON Lines of `{ stage, task, operator, code, error, at, record, whole }`.
   * Default: `jobs/<job>/dead-letters/` of the engine's store, as the report says.
   */
  readonly deadLetters?: string
  /** What to do about a directory that is not empty, as of an output. Default `fail`. */
  readonly mode?: 'fail' | 'overwrite' | 'append'
}

/**
 * - `'fail'` (default): the first bad record fails the job.
 * - `'skip'`: bad records are left out, counted in the report, and become dead letters.
 * - `{ tolerate, deadLetters, mode }`: the same, with a limit and a directory.
 *
 * @example
 * const amounts = from(['12.5', 'n/a', '3']).map(text => JSON.parse(text) as number)
 * const onError = { tolerate: 0.5, deadLetters: 'out/bad/' }
 * const report = await amounts.write.text('out/amounts/').run({ onError })
 * report.skippedRecords // 1
 * await read.jsonl<{ record: string }>('out/bad/').map(letter => letter.record).collect() // ['"n/a"']
 */
export type OnError = 'fail' | 'skip' | SkipOptions

const EXAMPLE = "onError is 'fail', 'skip', or { tolerate: 0.01, deadLetters: 'out/bad/' }."

/** Undefined where the first bad record fails the job. */
export function skipPolicy(onError: OnError | undefined, baseUri: string): SkipPolicy | undefined {
  if (onError === undefined || onError === 'fail') return undefined
  if (onError === 'skip') return { tolerate: 1 }
  if (typeof onError !== 'object' || onError === null) {
    argument.oneOf('run', 'onError', onError, ['fail', 'skip'], EXAMPLE)
  }
  argument.known('run: onError', onError, ['tolerate', 'deadLetters', 'mode'])
  const tolerate = argument.between('run', 'onError.tolerate', onError.tolerate ?? 1, 0, 1)
  const directory = directoryOf(onError, baseUri)
  return directory === undefined ? { tolerate } : { tolerate, deadLetters: directory }
}

function directoryOf({ deadLetters, mode }: SkipOptions, baseUri: string): SkipPolicy['deadLetters'] {
  if (deadLetters === undefined) {
    if (mode === undefined) return undefined
    throw new DunlinError(
      'INVALID_ARGUMENT',
      'run: onError.mode is of a directory, but deadLetters names none',
      {
        hint: EXAMPLE,
      },
    )
  }
  argument.text('run', 'onError.deadLetters', deadLetters)
  const modes: readonly WriteMode[] = ['fail', 'overwrite', 'append']
  if (mode !== undefined) argument.oneOf('run', 'onError.mode', mode, modes)
  return { uri: toRootUri(deadLetters, baseUri), mode: mode ?? 'fail' }
}

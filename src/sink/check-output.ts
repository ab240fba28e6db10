/** checkOutput: whether a job may write into a directory, before it starts. */
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { DunlinError } from '../../operators/index.ts'
import type { WriteMode } from '../../planner/index.ts'
import type { ObjectStore, RequestOptions } from '../store/object-store.ts'
import { STAGING_PREFIX, stagingPrefix } from './output-keys.ts'

/** Names in the message. */
const NAMES_SHOWN = 3
/** Objects looked at, at most: it is a check, not a count. */
const NAMES_COUNTED = 1000

export interface OutputToCheck extends RequestOptions {
  /** Its root is the output directory. */
  readonly store: ObjectStore
  readonly mode: WriteMode
  /** The job whose own staging does not count. */
  readonly job?: string
  /** Names that do not count either: parts that the job has published. */
  readonly except?: ReadonlySet<string>
}

/**
 * In mode `fail` the directory must be absent or empty; the other modes take any. Another job's unfinished output is
 * something too: it may still be running.
 *
 * @throws OUTPUT_NOT_EMPTY naming the directory and what is in it, in every mode where it is a file.
 */
export async function checkOutput({ store, mode, job, except, signal }: OutputToCheck): Promise<void> {
  await checkNoFile(store.uri)
  if (mode !== 'fail') return
  const own = job === undefined ? null : stagingPrefix(job)
  const names: string[] = []
  for await (const { key } of store.list('', signal === undefined ? {} : { signal })) {
    if ((own !== null && key.startsWith(own)) || except?.has(key)) continue
    names.push(key)
    if (names.length > NAMES_COUNTED) break
  }
  if (names.length > 0) throw notEmpty(store.uri, names)
}

/** On a file system a file may stand where the directory should be; its store looks empty then. */
async function checkNoFile(uri: string): Promise<void> {
  if (!uri.startsWith('file:')) return
  const path = fileURLToPath(uri).replace(/\/$/, '')
  const isFile = await stat(path).then(
    stats => !stats.isDirectory(),
    () => false,
  )
  if (!isFile) return
  throw new DunlinError('OUTPUT_NOT_EMPTY', `${path} is a file, and an output is a directory of part files`, {
    hint: 'Write to another path, or remove the file.',
  })
}

function notEmpty(uri: string, names: readonly string[]): DunlinError {
  const shown = names.slice(0, NAMES_SHOWN).join(', ')
  const more = names.length - NAMES_SHOWN
  const rest = more <= 0 ? '' : more + NAMES_SHOWN > NAMES_COUNTED ? ' and many more' : ` and ${more} more`
  const unfinished = names.every(name => name.startsWith(STAGING_PREFIX))
  return new DunlinError(
    'OUTPUT_NOT_EMPTY',
    unfinished
      ? `${uri} holds the unfinished output of another job: ${shown}${rest}`
      : `${uri} is not empty: it holds ${shown}${rest}`,
    {
      hint: unfinished
        ? 'Wait for that job, resume or clean it, or write elsewhere.'
        : "Write to another directory, or say mode: 'overwrite' or mode: 'append'.",
    },
  )
}

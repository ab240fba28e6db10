/** `--engine`, `--workers`, `--isolation`, `--store`: the engine of jobs of this process, chosen by environment. */
import { statSync } from 'node:fs'
import { DunlinError } from '../../operators/index.ts'
import { engineNamed } from '../configuration/engine-settings.ts'
import { schemeOf, uriToPath } from '../store/file-uri.ts'

/** Where the local engine keeps its jobs unless something else is said. */
const DEFAULT_STORE = '.dunlin'

export interface StoreChoice {
  /** Whose store: what `dunlin.config.ts` says is meant where this is absent. */
  readonly engine?: string
  /** Directory, or address on S3, that holds plans, journals and shuffle data. */
  readonly store?: string
}

export interface EngineChoice extends StoreChoice {
  readonly workers?: number
  readonly isolation?: 'thread' | 'process' | 'inline'
}

/**
 * A job file makes its own runs, perhaps with its own copy of dunlin: the environment reaches all of them. Must be
 * called before the first run.
 *
 * @throws CONFIGURATION where there is no such engine, or the store is a file
 */
export function chooseEngine(choice: EngineChoice): void {
  const { workers, isolation } = choice
  chooseStore(choice)
  if (workers !== undefined) process.env['DUNLIN_WORKERS'] = String(workers)
  if (isolation !== undefined) process.env['DUNLIN_ISOLATION'] = isolation
}

/** @throws CONFIGURATION where there is no such engine, or the store is a file */
export function chooseStore({ engine, store }: StoreChoice): void {
  if (engine !== undefined) process.env['DUNLIN_ENGINE'] = engineNamed(engine)
  if (store !== undefined) process.env['DUNLIN_STORE'] = store
  const chosen = process.env['DUNLIN_STORE'] ?? DEFAULT_STORE
  if (!isFile(chosen)) return
  throw new DunlinError('CONFIGURATION', `the store ${chosen} is a file, not a directory`, {
    hint: 'Give the directory that jobs were run with: --store <directory>, or DUNLIN_STORE.',
  })
}

function isFile(pathOrUri: string): boolean {
  const scheme = schemeOf(pathOrUri)
  if (scheme !== undefined && scheme !== 'file') return false
  const path = scheme === undefined ? pathOrUri : uriToPath(pathOrUri)
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

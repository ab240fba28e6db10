/** `--engine`, `--workers`, `--isolation`: the engine that jobs of this process run on, chosen by environment. */
import { statSync } from 'node:fs'
import { DunlinError } from '../../operators/index.ts'
import { schemeOf, uriToPath } from '../store/file-uri.ts'

export interface StoreChoice {
  /** Directory that holds plans, journals and shuffle data. */
  readonly store?: string
}

/** Where jobs are kept unless `--store` or DUNLIN_STORE says otherwise. */
export const DEFAULT_STORE = '.dunlin'

export interface EngineChoice extends StoreChoice {
  readonly engine: string
  readonly workers?: number
  readonly isolation?: 'thread' | 'process' | 'inline'
}

/**
 * A job file makes its own runs, perhaps with its own copy of dunlin: the environment reaches all of them. Must be
 * called before the first run.
 */
export function chooseEngine(choice: EngineChoice): void {
  const { engine, workers, isolation } = choice
  chooseStore(choice)
  if (engine !== 'local') {
    throw new DunlinError('CONFIGURATION', `there is no engine named ${engine}`, {
      hint: 'The engines are: local',
    })
  }
  if (workers !== undefined) process.env['DUNLIN_WORKERS'] = String(workers)
  if (isolation !== undefined) process.env['DUNLIN_ISOLATION'] = isolation
}

/** @throws CONFIGURATION where the store is a file */
export function chooseStore({ store }: StoreChoice): void {
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

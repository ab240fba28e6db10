/** `--engine`, `--workers`, `--isolation`: the engine that jobs of this process run on, chosen by environment. */
import { DunlinError } from '../../operators/index.ts'

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

export function chooseStore({ store }: StoreChoice): void {
  if (store !== undefined) process.env['DUNLIN_STORE'] = store
}

/** `--engine`, `--workers`, `--isolation`: the engine that jobs of this process run on, chosen by environment. */
import { DunlinError } from '../../operators/index.ts'

export interface EngineChoice {
  readonly engine: string
  readonly workers?: number
  readonly isolation?: 'thread' | 'process' | 'inline'
}

/**
 * A job file makes its own runs, perhaps with its own copy of dunlin: the environment reaches all of them. Must be
 * called before the first run.
 */
export function chooseEngine({ engine, workers, isolation }: EngineChoice): void {
  if (engine !== 'local') {
    throw new DunlinError('CONFIGURATION', `there is no engine named ${engine}`, {
      hint: 'The engines are: local',
    })
  }
  if (workers !== undefined) process.env['DUNLIN_WORKERS'] = String(workers)
  if (isolation !== undefined) process.env['DUNLIN_ISOLATION'] = isolation
}

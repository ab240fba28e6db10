/** lettersWereCleared: whether an attempt has found that its task's dead letters went when the job ended before a retry. */
import type { Failure } from '../../../operators/index.ts'
import { directories, type SimulationRun } from '../simulation-run.ts'

/**
 * The attempt has committed, and no driver has heard of it: a later one finds the commit without its letters, and the task
 * is made again.
 */
export function lettersWereCleared(run: SimulationRun, { code, message, lost }: Failure): boolean {
  const [, uri] = /^the dead letters of task \d+ of stage \d+ are gone: (\S+)$/.exec(message) ?? []
  if (code !== 'CORRUPT' || lost === undefined || uri === undefined) return false
  if (!run.drivers.some(({ verb }) => verb === 'retry')) return false
  return directories(run).some(
    ({ space }) =>
      uri.startsWith(space.uri) &&
      space.changes.some(
        ({ kind, key, by }) => kind === 'delete' && by.startsWith('driver') && space.uri + key === uri,
      ),
  )
}

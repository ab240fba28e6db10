/** lettersWereCleared: whether an attempt has found that its task's dead letters went when the job ended before a retry. */
import type { Failure } from '../../../operators/index.ts'
import { isEndKey } from '../../../src/job/ends.ts'
import { directories, type SimulationRun } from '../simulation-run.ts'
import { ENGINE_URI } from '../world.ts'

/**
 * The attempt has committed, and no driver has heard of it: a later one finds the commit without its letters, and the task
 * is made again.
 */
export function lettersWereCleared(run: SimulationRun, { code, message, lost }: Failure): boolean {
  const [, uri] = /^the dead letters of task \d+ of stage \d+ are gone: (\S+)$/.exec(message) ?? []
  if (code !== 'CORRUPT' || lost === undefined || uri === undefined) return false
  const ended = run.world.space(ENGINE_URI).changes.find(({ key }) => isEndKey(key))
  if (ended === undefined) return false
  // By the driver that ended it, or by the attempt itself where it came later than that.
  return directories(run).some(
    ({ space }) =>
      uri.startsWith(space.uri) &&
      space.changes.some(
        ({ kind, key, atMs }) => kind === 'delete' && space.uri + key === uri && atMs >= ended.atMs,
      ),
  )
}

/**
 * A committed attempt has asked whether its job has ended, and removes its letters; but a retry has reopened the job since, and
 * counts on them. One request on its way, which `jobs retry` makes good.
 */
export function lettersWentLate(run: SimulationRun, { code, message }: Failure): boolean {
  const [, key] = /^a part of the output is lost: neither (\S+) nor /.exec(message) ?? []
  if (code !== 'CORRUPT' || key === undefined) return false
  return directories(run).some(({ space }) => {
    const ofKey = space.changes.filter(change => change.key === key)
    const [made, gone] = [ofKey[0], ofKey.at(-1)]
    return (
      made !== undefined &&
      gone?.kind === 'delete' &&
      gone.by === made.by &&
      reopened(run, made.atMs, gone.atMs)
    )
  })
}

const reopened = ({ world }: SimulationRun, fromMs: number, toMs: number): boolean =>
  world
    .space(ENGINE_URI)
    .changes.some(({ key, atMs }) => key.endsWith('-again.json') && atMs >= fromMs && atMs <= toMs)

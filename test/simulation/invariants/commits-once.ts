/** commitsOnce: what is created exclusively is created once and stays as it is while the job runs. */
import { dataKey } from '../../../src/shuffle/keys.ts'
import { commitOf } from '../decoded-commits.ts'
import { type Change, isDiscarded } from '../object-space.ts'
import { type SimulationRun, toldEvents } from '../simulation-run.ts'
import { JOB } from '../workload.ts'
import { ENGINE_URI } from '../world.ts'

/** Commits, journal, plan and end. */
const EXCLUSIVE = /^jobs\/[^/]+\/(stage-\d+\/commits\/|journal\/|plan\.json$|end\.json$)/
const COMMIT = /\/stage-(\d+)\/commits\/(\d+)\.(\d+)$/

/** What the driver was told of a task is what committed, and not what another delivery of it would have. */
export function* onlyCommitsAreTold(run: SimulationRun): Generator<string> {
  const { world } = run
  const committed = new Map<string, string[]>()
  for (const change of world.space(ENGINE_URI).changes) {
    const { key, kind, by } = change
    const [, stage, task, generation] = COMMIT.exec(key) ?? []
    if (task === undefined || kind === 'delete' || by === 'the disk') continue
    const { attempt, stats } = commitOf(change).success
    const place = `${stage}/${task} of generation ${generation}`
    committed.set(place, [...(committed.get(place) ?? []), JSON.stringify({ attempt, stats })])
  }
  for (const event of toldEvents(run)) {
    if (event.type !== 'taskCommitted') continue
    const { stage, task, attempt, stats, generation } = event
    const place = `${stage}/${task} of generation ${generation}`
    if (committed.get(place)?.includes(JSON.stringify({ attempt, stats }))) continue
    yield `the driver was told of ${place} by attempt ${attempt} what has not committed`
  }
}

export function* commitsOnce({ world }: SimulationRun): Generator<string> {
  const { changes } = world.space(ENGINE_URI)
  const creates = new Map<string, Change>()
  const there = new Set<string>()
  const lost = new Set<string>()
  for (const change of changes) {
    const { key, kind, by } = change
    // What an orphan writes when the job is over and its data gone is nobody's.
    if (isDiscarded(change)) break
    // A retry takes the end back.
    if (kind === 'delete' && /^(driver|cleaner)/.test(by)) creates.delete(key)
    if (kind === 'create' || kind === 'replace') there.add(key)
    if (kind === 'delete') there.delete(key)
    // Where a disk has lost it, a request that was on its way for long may create it again.
    if (by === 'the disk') lost.add(key)
    if (!EXCLUSIVE.test(key) || by === 'the disk' || kind === 'delete') continue
    if (lost.has(key)) continue
    const before = creates.get(key)
    if (!change.ifAbsent) yield `${by} wrote ${key} without a condition`
    if (before !== undefined) yield `${key} was written by ${before.by} and again by ${by}`
    creates.set(key, change)
    const commit = COMMIT.exec(key)
    if (commit !== null) yield* isComplete(change, Number(commit[1]), Number(commit[2]), there)
  }
}

/** A commit names what is there. */
function* isComplete(
  change: Change,
  stage: number,
  task: number,
  there: ReadonlySet<string>,
): Generator<string> {
  const { success, slices } = commitOf(change)
  if (slices.length === 0) return
  const { attempt, nonce } = success
  const key = dataKey(JOB, stage as never, { task, attempt, nonce })
  if (!there.has(key)) yield `${change.by} committed ${change.key} before ${key} was there`
}

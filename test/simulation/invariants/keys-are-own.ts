/** keysAreOwn: what a delivery writes carries its own nonce and is written once; what anybody reads or publishes has won. */
import { commitOf } from '../decoded-commits.ts'
import { isDiscarded, type ObjectSpace } from '../object-space.ts'
import type { SimulationRun } from '../simulation-run.ts'
import { senderOf } from '../store-request.ts'
import type { PreparedWorkload } from '../workload.ts'
import { ENGINE_URI } from '../world.ts'

const SHARED = /\/(commits\/\d+\.\d+|exchange\.\d+\.manifest)$/
const OF_ATTEMPT = /\/(data|runs)\/(\d+)-(\d+)-([0-9a-f]+)(-\d+)?\.arrow$/

type Nonces = ReadonlyMap<string, string | null>

export function* keysAreOwn({ world, fleet, workload }: SimulationRun): Generator<string> {
  const nonces: Nonces = new Map(fleet.deliveries.map(({ name, nonce }) => [name, nonce]))
  const engine = world.spaces.get(ENGINE_URI)!
  const won = winnersOf(engine, workload)
  for (const space of world.spaces.values()) {
    yield* writesAreOwn(space, nonces)
    yield* movesAreOfWinners(space, won)
  }
  yield* readsAreOfWinners(engine, nonces, won)
}

/** Nonces that a commit names, of the job or of the one before it. */
function winnersOf(engine: ObjectSpace, { earlierNonces }: PreparedWorkload): ReadonlySet<string> {
  const won = new Set(earlierNonces)
  for (const change of engine.changes) {
    const { key, kind, by } = change
    if (kind === 'create' && by.startsWith('worker') && key.includes('/commits/')) {
      won.add(commitOf(change).success.nonce)
    }
  }
  return won
}

function* movesAreOfWinners(space: ObjectSpace, won: ReadonlySet<string>): Generator<string> {
  for (const { kind, key, by, to } of space.changes) {
    const [, nonce] = /-([0-9a-f]{16})(?:-\d+)?\.\w+$/.exec(key) ?? []
    if (kind === 'move' && !won.has(nonce ?? '')) yield `${by} published ${key} as ${to}, which has not won`
  }
}

function* writesAreOwn(space: ObjectSpace, nonces: Nonces): Generator<string> {
  const manifests = new Map<string, Uint8Array>()
  const writers = new Map<string, string>()
  for (const change of space.changes) {
    const { key, by, kind, bytes } = change
    // What an orphan makes of a job whose data is gone is nobody's.
    if (isDiscarded(change)) break
    if (!by.startsWith('worker') || kind === 'delete') continue
    if (kind === 'move') yield `${by} moved ${key}`
    const nonce = nonces.get(senderOf(by)) ?? 'none'
    if (!SHARED.test(key) && !key.includes(`-${nonce}`)) {
      yield `${by}, whose nonce is ${nonce}, wrote ${space.uri}${key}`
    }
    if (!SHARED.test(key) && writers.has(key)) yield `${key} was written by ${writers.get(key)} and by ${by}`
    writers.set(key, by)
    if (!key.endsWith('.manifest')) continue
    const before = manifests.get(key)
    if (before !== undefined && Buffer.compare(before, bytes!) !== 0) yield `${by} wrote another ${key}`
    manifests.set(key, bytes!)
  }
}

function* readsAreOfWinners(
  engine: ObjectSpace,
  nonces: Nonces,
  won: ReadonlySet<string>,
): Generator<string> {
  for (const { key, by } of engine.reads) {
    const [, folder, , , nonce] = OF_ATTEMPT.exec(key) ?? []
    if (nonce === undefined || !by.startsWith('worker')) continue
    if (folder === 'data' && !won.has(nonce)) yield `${by} read ${key}, which has not won`
    if (folder === 'runs' && nonces.get(by) !== nonce) yield `${by} read ${key} of another`
  }
}

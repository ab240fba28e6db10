/** Where one committed object of a stage is gone or damaged, others may be gone too: told at once, they cost one barrier. */
import { DunlinError } from '../../operators/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { withLost } from './lost-output.ts'

/** An answer stays small JSON; who reads again finds the rest. */
const LOSSES_TOLD = 10_000

/** A committed object that must be there. */
export interface CommittedObject {
  readonly key: string
  readonly task: number
  readonly generation: number
  /** It has so many bytes at least. */
  readonly sizeBytes: number
}

export interface CommittedObjects {
  readonly store: ObjectStore
  /** All their keys start with this. */
  readonly prefix: string
  /** Called only after a loss. */
  readonly objects: () => Promise<Iterable<CommittedObject>>
  readonly signal?: AbortSignal
}

/**
 * The error; where it says that the output of a task is lost, with what else is gone or too short of the stage's objects,
 * as one listing shows. Of what is damaged otherwise it says nothing.
 */
export async function withOtherLosses(error: unknown, committed: CommittedObjects): Promise<unknown> {
  if (!(error instanceof DunlinError) || error.lost === undefined || error.lost.task === null) return error
  const { lost } = error
  try {
    const others: Record<number, number> = {}
    let told = 0
    for (const { task, generation } of await missing(committed)) {
      if (task === lost.task) continue
      if (++told > LOSSES_TOLD) break
      others[task] = generation
    }
    return told === 0 ? error : withLost(error, { ...lost, others })
  } catch {
    // What was found first is lost anyway.
    return error
  }
}

async function missing({
  store,
  prefix,
  objects,
  signal,
}: CommittedObjects): Promise<Iterable<CommittedObject>> {
  const unseen = new Map<string, CommittedObject>()
  for (const object of await objects()) unseen.set(object.key, object)
  for await (const { key, sizeBytes } of store.list(prefix, signal === undefined ? {} : { signal })) {
    const object = unseen.get(key)
    if (object !== undefined && sizeBytes >= object.sizeBytes) unseen.delete(key)
  }
  return unseen.values()
}

/** Committing a task: of all deliveries of a task and generation, exactly one becomes its result. */
import { DunlinError } from '../../operators/index.ts'
import { getIfPresent } from '../store/get-if-present.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { StageTaskEvent } from '../task/task-event.ts'
import { type CommitRecord, decodeCommit, encodeCommit } from './commit-record.ts'
import { commitKey } from './keys.ts'
import { asLost } from './lost-output.ts'

/**
 * Writes the commit record unless another delivery was first. Returns the record that counts: this one, or the
 * winner's. A write with an unknown end (time-out, reset) is settled by reading back: the nonce tells whose it is.
 */
export async function commitTask(
  store: ObjectStore,
  event: StageTaskEvent,
  record: CommitRecord,
): Promise<CommitRecord> {
  const key = commitKey(event.job, event.stage, event.task, event.generation)
  try {
    const put = await store.put(key, encodeCommit(record), { ifAbsent: true })
    if (put.created) return record
  } catch (error) {
    const settled = await readCommit(store, event, event.generation).catch(() => undefined)
    if (settled === undefined) throw error
    return settled
  }
  const winner = await readCommit(store, event, event.generation)
  if (winner === undefined) {
    throw new DunlinError('CORRUPT', `${store.uri}${key} was there a moment ago and is gone`, {
      retryable: true,
    })
  }
  return winner
}

/**
 * The commit record of a task, or undefined where it has not committed.
 *
 * @throws CORRUPT, with what is lost, where there is one that cannot be read
 */
export async function readCommit(
  store: ObjectStore,
  task: {
    readonly job: string
    readonly stage: StageTaskEvent['stage']
    readonly task: number
    readonly fingerprint: string
  },
  generation: number,
): Promise<CommitRecord | undefined> {
  const key = commitKey(task.job, task.stage, task.task, generation)
  const lost = { job: task.job, stage: task.stage, task: task.task, generation }
  // Other bytes than were written are asked for once more: the network, too, turns bits.
  const record = await readRecord(store, key)
    .catch((error: unknown) => {
      if (error instanceof DunlinError && error.code === 'CORRUPT') return readRecord(store, key)
      throw error
    })
    .catch((error: unknown) => {
      throw asLost(error, lost)
    })
  if (record === undefined) return undefined
  if (record.fingerprint !== task.fingerprint) {
    throw new DunlinError('FINGERPRINT', `${store.uri}${key} was committed under another plan`, {
      hint: 'Two jobs share one id: start the job again to get a new one.',
    })
  }
  return record
}

async function readRecord(store: ObjectStore, key: string): Promise<CommitRecord | undefined> {
  const bytes = await getIfPresent(store, key)
  return bytes === undefined ? undefined : decodeCommit(bytes, store.uri + key)
}

/** The rows that a finished job has for the driver, read from the store. */
import { crc32 } from 'node:zlib'
import { type Batch, DunlinError, decodeArrowFile } from '../../operators/index.ts'
import type { CommittedPart, TaskSuccess } from '../task/task-event.ts'
import { clearAway } from './clear-away.ts'
import type { FinishedJob } from './drive-job.ts'

/** Of a job without a result (its outputs are directories) there are none. */
export async function* readRows(job: FinishedJob): AsyncGenerator<Batch> {
  for (const task of resultTasks(job)) yield* await readResult(job, task)
}

/**
 * The rows, once: when all are read, or no more are wanted, the job's data goes. It stays where they cannot be read.
 *
 * @throws as the store does, with what can be done
 */
export async function* takeRows(job: FinishedJob): AsyncGenerator<Batch> {
  let isKept = false
  try {
    yield* readRows(job)
  } catch (error) {
    isKept = true
    throw unread(job, error)
  } finally {
    if (!isKept) await clearAway(job)
  }
}

/** The tasks of the one result, in the order of the data. */
export function resultTasks(job: FinishedJob): readonly TaskSuccess[] {
  const stage = job.planned.plan.stages.find(one => one.output.kind === 'result')
  return stage === undefined ? [] : (job.results.results.get(stage.id) ?? [])
}

/** The rows of one task of a result, checked against what it committed. */
async function readResult(job: FinishedJob, { part }: TaskSuccess): Promise<readonly Batch[]> {
  if (part === undefined || part.rows === 0) return []
  const { store } = job
  // Other bytes than were written are asked for once more: the network, too, turns bits.
  const bytes = intact(part, await store.get(part.key)) ?? intact(part, await store.get(part.key))
  if (bytes === null) {
    throw new DunlinError('CORRUPT', `a part of the result is damaged: ${store.uri}${part.key}`, {
      hint: 'The disk or bucket returned other bytes than were written. Run the job again.',
    })
  }
  return decodeArrowFile(bytes).batches
}

const intact = (part: CommittedPart, bytes: Uint8Array): Uint8Array | null =>
  crc32(bytes) === part.crc32 ? bytes : null

/** What is gone or damaged does not come back by waiting. */
function unread({ report: { job } }: FinishedJob, error: unknown): unknown {
  if (!(error instanceof DunlinError) || error.code === 'CORRUPT' || error.code === 'NOT_FOUND') return error
  return new DunlinError(error.code, `job ${job} is done, but its rows could not be read: ${error.message}`, {
    cause: error,
    hint: `They are kept: \`dunlin jobs resume ${job}\` prints them.`,
    place: { job },
  })
}

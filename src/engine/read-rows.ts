/** The rows that a finished job has for the driver, read from the store. */
import { crc32 } from 'node:zlib'
import { type Batch, DunlinError, decodeArrowFile } from '../../operators/index.ts'
import type { TaskSuccess } from '../task/task-event.ts'
import type { FinishedJob } from './drive-job.ts'

/** Of a job without a result (its outputs are directories) there are none. */
export async function* readRows(job: FinishedJob): AsyncGenerator<Batch> {
  for (const task of resultTasks(job)) yield* await readResult(job, task)
}

/** The tasks of the one result, in the order of the data. */
export function resultTasks(job: FinishedJob): readonly TaskSuccess[] {
  const stage = job.planned.plan.stages.find(one => one.output.kind === 'result')
  return stage === undefined ? [] : (job.results.results.get(stage.id) ?? [])
}

/** The rows of one task of a result, checked against what it committed. */
export async function readResult(job: FinishedJob, task: TaskSuccess): Promise<readonly Batch[]> {
  const { part } = task
  if (part === undefined || part.rows === 0) return []
  const { store } = job.engine
  const bytes = await store.get(part.key)
  if (crc32(bytes) !== part.crc32) {
    throw new DunlinError('CORRUPT', `a part of the result is damaged: ${store.uri}${part.key}`, {
      hint: 'The disk or bucket returned other bytes than were written. Run the job again.',
    })
  }
  return decodeArrowFile(bytes).batches
}

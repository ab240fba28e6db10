/** keptRows: what a job that has succeeded gave, where nobody could read it and its data was kept. */
import type { Stage } from '../../planner/index.ts'
import { engineFor } from '../configuration/configured-engine.ts'
import { readEnd } from '../job/ends.ts'
import { readPlan } from '../job/job-records.ts'
import { readJournal } from '../job/journal.ts'
import { JobReplay, type RestoredStage } from '../job/restore.ts'
import { readSplits } from '../job/splits-record.ts'
import { patientStore } from '../store/patient-store.ts'
import type { TaskSuccess } from '../task/task-event.ts'
import type { FinishedJob } from './drive-job.ts'
import type { ResumeOptions } from './resume.ts'

/**
 * The job as its driver had it, to read its rows again; `discard` leaves them, for that driver may still be reading.
 * Undefined for every other job: one that goes on or did not succeed, that writes outputs, or whose rows are gone.
 *
 * @throws NOT_FOUND where there is no such job
 */
export async function keptRows(
  job: string,
  options: Pick<ResumeOptions, 'engine'> = {},
): Promise<FinishedJob | undefined> {
  const engine = await engineFor(options)
  const store = patientStore(engine.store, engine)
  const end = await readEnd(store, job)
  if (end?.report.state !== 'succeeded') return undefined
  const { plan, text } = await readPlan(store, job)
  const stage = plan.stages.find(one => one.output.kind === 'result')
  if (stage === undefined) return undefined
  const replay = new JobReplay()
  for await (const event of readJournal(store, job)) replay.add(event)
  const tasks = countingTasks(stage, replay.restored.stages.get(stage.id))
  const keys = tasks.flatMap(({ part }) => (part === undefined || part.rows === 0 ? [] : [part.key]))
  if (keys.length === 0) return undefined
  for (const key of keys) if ((await store.head(key)) === undefined) return undefined
  return {
    store,
    planned: { plan, text, splits: await readSplits(store, job) },
    results: { results: new Map([[stage.id, tasks]]), schemas: new Map(), deadLetters: [] },
    report: end.report,
    discard: async () => {},
  }
}

/** In the order of the data; of a partial wave the first that have enough rows. */
function countingTasks({ until }: Stage, stage: RestoredStage | undefined): readonly TaskSuccess[] {
  const all = [...(stage?.results ?? [])].sort(([a], [b]) => a - b).map(([, success]) => success)
  if (until === undefined) return all
  let rows = 0
  return all.filter(({ rowsOut }) => {
    const counts = rows < until.rows
    rows += rowsOut
    return counts
  })
}

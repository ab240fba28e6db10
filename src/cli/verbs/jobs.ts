/** `dunlin jobs list | show | clean`: the jobs of a store. */

import { DunlinError, fromFailure } from '../../../operators/index.ts'
import { configureEngine } from '../../configuration/configured-engine.ts'
import { cleanJobs as clean } from '../../engine/clean-jobs.ts'
import { isJobId } from '../../job/job-id.ts'
import { jobFolders, listJobs as list, readJob } from '../../job/list-jobs.ts'
import { beginning } from '../../job/take-over.ts'
import type { ObjectStore, Stores } from '../../store/object-store.ts'
import { chooseStore, type StoreChoice } from '../engine-choice.ts'
import { errorText } from '../error-text.ts'
import type { VerbHost } from '../main.ts'
import { advanceProgress, NO_PROGRESS, stopped } from '../progress/progress-model.ts'
import { progressLines } from '../progress/progress-text.ts'
import { bytesText, countText, dollarsText, durationText, plural } from '../quantity-text.ts'
import { reportText } from '../report-text.ts'
import { textTable } from '../text-table.ts'
import { UsageError } from '../usage-error.ts'

/** Of the configured engine. */
interface OpenStores {
  readonly store: ObjectStore
  readonly stores: Stores
}

async function withStores(options: StoreChoice, work: (stores: OpenStores) => Promise<void>): Promise<void> {
  chooseStore(options)
  const engine = await configureEngine()
  try {
    await engine.open?.('store')
    await work(engine)
  } finally {
    await engine.close()
  }
}

export function listJobs(host: VerbHost, options: StoreChoice): Promise<void> {
  return withStores(options, ({ store }) => listIn(store, host))
}

export async function showJob(host: VerbHost, id: string, options: StoreChoice): Promise<void> {
  checkId(id)
  await withStores(options, ({ store }) => showIn(store, host, id))
}

async function listIn(store: ObjectStore, { output, json }: VerbHost): Promise<void> {
  const jobs = await list(store)
  if (json) return output.json(jobs)
  if (jobs.length === 0) return output.say(`no jobs in ${store.uri}`)
  const rows = jobs.map(({ id, name, state, startedAt, finishedAt }) => [
    id,
    name,
    state,
    timeText(startedAt),
    finishedAt === undefined ? '' : durationText(finishedAt - startedAt),
  ])
  const columns = [{ title: 'id' }, { title: 'name' }, { title: 'state' }, { title: 'started' }]
  output.data(
    textTable([...columns, { title: 'took', align: 'right' }], rows, { palette: output.outPalette }).join(
      '\n',
    ),
  )
}

async function showIn(store: ObjectStore, { output, json }: VerbHost, id: string): Promise<void> {
  const job = await readJob(store, id)
  const { events, ...record } = job
  if (json) return output.json(record)
  const { report, failure } = job
  const palette = output.outPalette
  if (report === undefined) {
    // Its driver may have died before it wrote a line.
    let progress = advanceProgress(NO_PROGRESS, beginning(job.plan))
    let now = job.startedAt
    for await (const event of events) {
      progress = advanceProgress(progress, event)
      now = event.time
    }
    const isLeft = job.state === 'interrupted'
    if (isLeft) progress = stopped(progress, 'interrupted', now)
    else now = Date.now()
    const size = { width: output.width, height: Number.POSITIVE_INFINITY, now, palette }
    const stands = isLeft
      ? `its driver is gone; \`dunlin jobs resume ${id}\` goes on with it`
      : 'no end is recorded; it runs, or its driver died on another machine'
    output.data([`${job.name}, job ${id}: ${stands}`, ...progressLines(progress, size)].join('\n'))
    return
  }
  output.data(`${reportText(report, palette)}\n  ${palette.dim('started ')} ${timeText(report.startedAt)}\n`)
  const right = (title: string) => ({ title, align: 'right' as const })
  const columns = [right('stage'), right('tasks'), right('retries'), right('rows in'), right('rows out')]
  const isPaid = report.cost !== undefined
  const paid = isPaid ? [right('cost')] : []
  const table = textTable(
    [...columns, right('read'), right('written'), right('took'), ...paid, { title: 'what' }],
    report.stages.map(stage => [
      String(stage.id),
      String(stage.tasks),
      String(stage.retries),
      countText(stage.rowsIn),
      countText(stage.rowsOut),
      bytesText(stage.bytesIn),
      bytesText(stage.bytesOut),
      durationText(stage.wallMs),
      ...(isPaid ? [dollarsText(stage.cost?.dollars ?? 0)] : []),
      stage.title,
    ]),
    { palette, width: output.columns },
  )
  output.data(table.join('\n'))
  if (failure !== undefined) output.data(`\n${errorText(fromFailure(failure), { palette })}`)
}

export interface CleanVerbOptions extends StoreChoice {
  readonly olderThan?: number
  readonly running?: true
  readonly code?: true
}

export async function cleanJobs(
  host: VerbHost,
  ids: readonly string[],
  options: CleanVerbOptions,
): Promise<void> {
  if (options.running === true && ids.length === 0) {
    throw new UsageError('--running is for jobs that are named', 'A job without an end may still be running.')
  }
  for (const id of ids) checkId(id)
  await withStores(options, stores => cleanIn(stores, host, ids, options))
}

async function cleanIn(
  { store, stores }: OpenStores,
  { output, json }: VerbHost,
  ids: readonly string[],
  options: CleanVerbOptions,
): Promise<void> {
  if (ids.length > 0) await checkPresent(store, ids)
  const cleaned = await clean(store, {
    now: Date.now(),
    stores,
    ...(ids.length === 0 ? {} : { ids }),
    ...(options.olderThan === undefined ? {} : { olderThanMs: options.olderThan }),
    running: options.running === true ? 'remove' : 'keep',
    code: options.code === true ? 'remove' : 'keep',
  })
  if (json) output.json(cleaned)
  output.say(
    `removed ${plural(cleaned.jobs.length, 'job')}: ${plural(cleaned.objects, 'object')}, ${bytesText(cleaned.bytes)}`,
  )
  for (const id of cleaned.kept) {
    output.warn(
      `kept ${id}: no end is recorded; if its driver is dead, \`dunlin jobs clean ${id} --running\``,
    )
  }
  const unnamed = cleaned.unended - cleaned.kept.length
  if (unnamed > 0) {
    output.say(
      `kept ${plural(unnamed, 'job')} without a recorded end; if the driver of one is dead, \`dunlin jobs clean <id> --running\``,
    )
  }
}

const LIST_HINT = 'List the jobs of this store with `dunlin jobs list`.'

function checkId(id: string): void {
  if (!isJobId(id)) throw new UsageError(`${JSON.stringify(id)} is not a job id`, LIST_HINT)
}

/** Before anything is removed: an id that is mistyped casts doubt on the others. */
async function checkPresent(store: ObjectStore, ids: readonly string[]): Promise<void> {
  const known = await jobFolders(store)
  const missing = ids.filter(id => !known.has(id))
  if (missing.length === 0) return
  const nothing = ids.length > missing.length ? '; nothing was removed' : ''
  throw new DunlinError('NOT_FOUND', `${store.uri} has no job ${missing.join(', ')}${nothing}`, {
    hint: LIST_HINT,
  })
}

/** `2026-11-21 03:41:12`, in UTC. */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `dunlin jobs resume | retry | cancel`: going on with a job that another process has begun, or ending it. */
import { recordsOf } from '../../../operators/index.ts'
import { clearAway } from '../../engine/clear-away.ts'
import type { FinishedJob } from '../../engine/drive-job.ts'
import { keptRows } from '../../engine/kept-rows.ts'
import { readRows } from '../../engine/read-rows.ts'
import { cancelJob, type ResumeOptions, resumeJob, retryJob } from '../../engine/resume.ts'
import { isJobId } from '../../job/job-id.ts'
import { chooseEngine, chooseStore, type EngineChoice, type StoreChoice } from '../engine-choice.ts'
import type { VerbHost } from '../main.ts'
import { showProgress } from '../progress/show-progress.ts'
import { durationText } from '../quantity-text.ts'
import { reportText } from '../report-text.ts'
import { UsageError } from '../usage-error.ts'

type GoOn = (options: ResumeOptions) => Promise<FinishedJob>

export function resume(host: VerbHost, id: string, options: EngineChoice): Promise<void> {
  return goOn(host, id, options, async given => (await keptRows(id, given)) ?? resumeJob(id, given))
}

export function retry(
  host: VerbHost,
  id: string,
  options: EngineChoice & { readonly stage?: number; readonly maxCost?: number },
): Promise<void> {
  const given = {
    ...(options.stage === undefined ? {} : { stage: options.stage }),
    ...(options.maxCost === undefined ? {} : { maxCost: options.maxCost }),
  }
  return goOn(host, id, options, waited => retryJob(id, { ...waited, ...given }))
}

export async function cancel(host: VerbHost, id: string, options: StoreChoice): Promise<void> {
  checkId(id)
  chooseStore(options)
  const state = await cancelJob(id, { ...waiting(host), reason: '`dunlin jobs cancel`' })
  if (host.json) host.output.json({ job: id, state })
  if (state !== 'cancelled')
    return host.output.say(`job ${id} had ended before it could be cancelled: it ${state}`)
  host.output.say(`job ${id} is cancelled; \`dunlin jobs retry ${id}\` would go on with it`)
}

async function goOn(host: VerbHost, id: string, choice: EngineChoice, how: GoOn): Promise<void> {
  checkId(id)
  chooseEngine(choice)
  const { output, interrupt, json } = host
  const show = host.quiet ? 'nothing' : 'auto'
  const progress = await showProgress({ stream: process.stderr, show, success: 'reported' })
  try {
    const job = await how({ ...waiting(host), signal: interrupt.signal, onEvent: progress.onEvent })
    progress.close()
    // What an action would have brought back has nobody else to go to.
    for await (const batch of readRows(job)) {
      for (const record of recordsOf(batch)) output.data(JSON.stringify(record))
    }
    await clearAway(job)
    if (json) output.json(job.report)
    output.say(reportText(job.report, output.errPalette))
  } finally {
    progress.close()
  }
}

function waiting({ output }: VerbHost): Pick<ResumeOptions, 'onWait'> {
  return {
    onWait: (driver, longestMs) =>
      output.say(`waiting up to ${durationText(longestMs)} to see whether ${driver} still drives the job …`),
  }
}

function checkId(id: string): void {
  if (!isJobId(id)) {
    throw new UsageError(
      `${JSON.stringify(id)} is not a job id`,
      'List the jobs of this store with `dunlin jobs list`.',
    )
  }
}

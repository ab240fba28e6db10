/** The dead letters of one job: their directory is checked, published into and cleared away like an output's. */
import type { WrittenOutput } from '../events/job-event.ts'
import type { JobResults } from '../scheduler/run-job.ts'
import { checkOutput } from '../sink/check-output.ts'
import { deadLettersUri } from '../sink/dead-letters-uri.ts'
import { discardAttempts, publishOutput } from '../sink/publish.ts'
import { type OutputsOfJob, writtenOutput } from './publish-outputs.ts'

export interface LettersOfJob extends OutputsOfJob {
  /** URI of the engine's store, where they go unless a directory was given. */
  readonly storeUri: string
}

/** Null for a job that skips nothing. */
function target({ job, plan, stores, storeUri }: LettersOfJob) {
  const policy = plan.stages[0]?.onError
  if (policy === undefined) return null
  const uri = deadLettersUri(policy, { job, store: storeUri })
  return { uri, mode: policy.deadLetters?.mode ?? ('fail' as const), store: stores.open(uri) }
}

/** @throws DunlinError `OUTPUT_NOT_EMPTY` for a directory that holds what the job may not replace */
export async function checkDeadLetters(letters: LettersOfJob): Promise<void> {
  const to = target(letters)
  if (to !== null) await checkOutput({ ...to, job: letters.job })
}

/**
 * Before the outputs, so that whoever sees those finds the dead letters too. Without any, the directory stays as it is;
 * in mode `overwrite` those of an earlier job go.
 */
export async function publishDeadLetters(
  letters: LettersOfJob & { readonly epoch: number; readonly isOurs: () => Promise<boolean> },
  { deadLetters: parts }: JobResults,
): Promise<WrittenOutput | undefined> {
  const { job, epoch, isOurs } = letters
  const to = target(letters)
  if (to === null) return undefined
  if (parts.length === 0 && to.mode !== 'overwrite') {
    await discardAttempts({ store: to.store, job, epoch })
    return undefined
  }
  await publishOutput({ store: to.store, job, epoch, format: 'jsonl', mode: to.mode, parts, isOurs })
  return writtenOutput(to.uri, parts)
}

/** What attempts of an unfinished job wrote there. */
export async function discardDeadLetters(letters: LettersOfJob): Promise<void> {
  const to = target(letters)
  if (to !== null) await discardAttempts({ ...letters, store: to.store })
}

/** What actions do: they submit a plan to an engine and bring back a report, or rows. */
import type { Table } from 'apache-arrow'
import { arrowTable, type Batch, DunlinError, recordsOf } from '../../operators/index.ts'
import { explainText, type LogicalNode, type LogicalOutput } from '../../planner/index.ts'
import { engineFor } from '../configuration/configured-engine.ts'
import { skipPolicy } from '../dataset/on-error.ts'
import type { CollectOptions, ExplainOptions, RunOptions } from '../dataset/run-options.ts'
import type { JobReport } from '../events/job-event.ts'
import { clearAway } from './clear-away.ts'
import type { FinishedJob } from './drive-job.ts'
import { preparePlan } from './prepare-plan.ts'
import { resultTasks, takeRows } from './read-rows.ts'
import { submit } from './submit.ts'

const COLLECT_BYTES = 256e6

/** Runs outputs as one job and publishes them. */
export async function runOutputs(outputs: readonly LogicalOutput[], options: RunOptions): Promise<JobReport> {
  const job = await submit({ outputs }, options)
  await clearAway(job)
  return job.report
}

export async function explainOutputs(
  outputs: readonly LogicalOutput[],
  options: ExplainOptions,
): Promise<string> {
  const engine = await engineFor(options)
  const onError = skipPolicy(options.onError, engine.baseUri)
  const preparing = preparePlan({ outputs }, engine, { onError, exchange: options.exchange })
  if (options.code !== true) {
    const { planned, facts } = await preparing
    return explainText(planned, facts)
  }
  const { allRefusals, codeText } = await import('./code-text.ts')
  const { planned, facts, shipped } = await preparing.catch(async (error: unknown) => {
    throw await allRefusals({ outputs }, error)
  })
  return `${explainText(planned, facts)}\n\n${codeText(shipped)}`
}

export async function collect<T>(node: LogicalNode, options: CollectOptions): Promise<T[]> {
  const all: T[] = []
  const limit = node.kind === 'limit' ? node.rows : Number.POSITIVE_INFINITY
  for await (const batch of boundedBatches(node, options)) {
    for (const record of recordsOf(batch)) {
      if (all.length === limit) return all
      all.push(record as T)
    }
  }
  return all
}

export async function* rows<T>(node: LogicalNode, options: RunOptions): AsyncGenerator<T, void, void> {
  const job = await submitRows(node, options)
  for await (const batch of takeRows(job)) yield* recordsOf(batch) as T[]
}

export async function toArrow(node: LogicalNode, options: CollectOptions): Promise<Table> {
  const batches: Batch[] = []
  for await (const batch of boundedBatches(node, options)) batches.push(batch)
  return arrowTable(batches)
}

function submitRows(node: LogicalNode, options: RunOptions): Promise<FinishedJob> {
  return submit({ outputs: [{ kind: 'result', input: node }] }, options)
}

async function* boundedBatches(node: LogicalNode, options: CollectOptions): AsyncGenerator<Batch> {
  const { maxBytes = COLLECT_BYTES } = options
  const job = await submitRows(node, options)
  const bytes = resultTasks(job).reduce((total, task) => total + (task.part?.bytes ?? 0), 0)
  if (bytes > maxBytes) {
    await clearAway(job)
    throw new DunlinError(
      'TOO_LARGE',
      `the result is ${bytes} bytes, more than the ${maxBytes} that are collected`,
      {
        hint: 'Stream it with rows(), write it with write.…, or raise maxBytes.',
      },
    )
  }
  yield* takeRows(job)
}

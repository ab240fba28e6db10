/** Running one task of a stage: read its partitions, push them through the operators, write, commit. */
import {
  type Batch,
  concatBatches,
  DunlinError,
  emptyBatch,
  type OperatorSpec,
} from '../../operators/index.ts'
import { isBroadcast, partitionsOf, rootOfTask, type SkipPolicy, type Stage } from '../../planner/index.ts'
import { hasEnded } from '../job/ends.ts'
import { jobKeys } from '../job/job-records.ts'
import { LeaseWatch } from '../job/lease-watch.ts'
import { commitTask, readCommit } from '../shuffle/commit-task.ts'
import { deadLettersUri } from '../sink/dead-letters-uri.ts'
import type { RequestCounts } from '../store/counted-store.ts'
import type { ObjectStore, Stores } from '../store/object-store.ts'
import { DeadLetters } from './dead-letters.ts'
import { isChanged } from './is-changed.ts'
import { type Counters, type OpenInput, openInputs } from './open-inputs.ts'
import { breakersOf, buildPipeline, type Pipeline } from './pipeline.ts'
import { readPlan, stageOf } from './read-plan.ts'
import { mergeOf, runMergeTask } from './run-merge-task.ts'
import { StoreRuns } from './run-store.ts'
import type { StageTaskEvent, TaskSuccess } from './task-event.ts'
import { openOutput, type TaskOutput } from './task-output.ts'
import type { CountedPorts } from './task-ports.ts'
import { recordTask, stopGuard } from './task-recorder.ts'

const BYTES_PER_MB = 1 << 20
/**
 * What an operator of a chain may hold: partial aggregates and the keys of a partial distinct. Where partial states are
 * cut decides how float sums round, so it does not follow the memory that was asked for. More would pay little: groups
 * that come again soon are found, and where there are too many for that an exchange is cheaper than a larger table.
 */
const CHAIN_STATE_BYTES = 16 << 20

/**
 * Half of a task's memory is for what operators and the output count as theirs; the rest is for batches on their way,
 * the requests in flight, and the runtime.
 */
const budgetOf = (stage: Stage): number => (stage.memoryMb * BYTES_PER_MB) / 2

export async function runStageTask(event: StageTaskEvent, ports: CountedPorts): Promise<TaskSuccess> {
  const startedAt = ports.clock.now()
  const store = ports.stores.open(event.store)
  const stage = stageOf(
    await readPlan(store, event.job, event.fingerprint, ports.keptStores.open(event.store)),
    event.stage,
  )
  // Nobody has launched it before: then there is no use in asking.
  if (event.attempt > 1 || event.epoch > 1) {
    const earlier = await readCommit(store, event, event.generation)
    if (earlier !== undefined) {
      await checkLetters(store, event, stage.onError, ports.stores, earlier.success)
      return earlier.success
    }
  }
  const shape = mergeOf(stage)
  if (shape !== undefined) return runMergeTask(event, ports, { stage, shape, store, startedAt })
  const functions = event.codeHash === '' ? [] : await ports.loadFunctions(store, event.codeHash)
  const counters: Counters = { bytesIn: 0, gets: 0, invalidText: 0, exchangeRowsIn: 0, exchangeBytesIn: 0 }
  const partitions = partitionsOf(stage, event.task)
  const root = rootOfTask(stage, event.task)
  const letters =
    stage.onError === undefined
      ? null
      : new DeadLetters(stage.onError, event, ports, { quiet: samples(root) })
  const inputs = await openInputs(stage, event, partitions, { ports, store, counters, letters })
  const recorder = recordTask(event, partitionOf(stage, partitions, event.task), ports.signal)
  const watch = new LeaseWatch(store, event, ports.clock)
  const guard = stopGuard(event, { clock: ports.clock, signal: ports.signal, watch })
  const budgetBytes = budgetOf(stage)
  const shareBytes = Math.floor(budgetBytes / (breakersOf(root) + (stage.output.kind === 'write' ? 0 : 1)))
  const runs = new StoreRuns({ store, event, readAheadBytes: shareBytes / 4, signal: ports.signal, guard })
  // Rows that go from an exchange to the sink as they are have the exchange's schema, also where there are none.
  const known = root.op === 'input' ? (inputs.get(root.input)?.schema ?? null) : null
  let output: TaskOutput | null = null
  let pipeline: Pipeline | null = null
  let committing = false
  const isWrite = stage.output.kind === 'write'
  try {
    const splitters = await readSplitters(stage, inputs)
    const opened = openOutput(
      stage,
      event,
      { store, stores: ports.stores, runs, budgetBytes: shareBytes, splitters },
      known,
    )
    output = opened
    pipeline = buildPipeline(
      root,
      {
        env: { functions, task: recorder.argument, budgetBytes: CHAIN_STATE_BYTES, runs },
        shareBytes,
        concurrency: stage.concurrency,
        ...(letters === null ? {} : { letters }),
      },
      batch => {
        guard()
        if (batch.length > 0) return opened.push(batch)
      },
    )
    // Rows that are copied at once, on their way from a source to the partitions, need no memory of their own.
    const lent = root.op === 'input' && output.copies
    let rowsIn = 0
    const enough = stage.until?.rows ?? Number.POSITIVE_INFINITY
    for (const input of pipeline.order) {
      const schema = inputs.get(input)?.schema ?? null
      // What an exchange has is known also where this partition of it has no rows: a join must know its columns.
      if (schema !== null) await pipeline.push(input, emptyBatch(schema))
      for await (const batch of inputs.get(input)?.batches(lent) ?? []) {
        guard()
        rowsIn += batch.length
        await pipeline.push(input, batch)
        if (output.rows >= enough || pipeline.done(input)) break
      }
      await pipeline.end(input)
    }
    guard()
    const finished = await output.finish()
    const skipped = await letters?.finish(rowsIn)
    const success: TaskSuccess = {
      ok: true,
      attempt: event.attempt,
      nonce: event.nonce,
      generation: event.generation,
      ...((await isChanged(store, event, finished)) ? { changed: true } : {}),
      exchangeRowsIn: counters.exchangeRowsIn,
      rowsOut: output.rows,
      schema: finished.schema,
      ...(finished.part === undefined ? {} : { part: finished.part }),
      ...(skipped === undefined ? {} : { skipped }),
      counters: recorder.counters(),
      logs: recorder.logs(),
      stats: {
        rowsIn,
        rowsOut: output.rows,
        bytesIn: counters.bytesIn,
        bytesOut: finished.bytesOut,
        spilledBytes: runs.spilledBytes,
        ...(counters.exchangeBytesIn === 0 ? {} : { exchangeBytesIn: counters.exchangeBytesIn }),
        ...withEnding(ports.counts, stage, letters !== null),
        durationMs: ports.clock.now() - startedAt,
        peakMemoryBytes: ports.peakMemoryBytes?.() ?? 0,
        // Rows that are only sampled are read again, and counted then.
        invalidText: samples(root) ? 0 : counters.invalidText,
      },
    }
    committing = true
    const winner = await commitTask(store, event, {
      success,
      fingerprint: event.fingerprint,
      slices: finished.slices,
    })
    if (winner.success.nonce !== event.nonce) {
      await output.abort()
      await letters?.abort()
      await checkLetters(store, event, stage.onError, ports.stores, winner.success)
    } else if ((isWrite || letters !== null) && (await isOver(store, event.job))) {
      throw new DunlinError('CANCELLED', `job ${event.job} has ended without this task`)
    }
    return winner.success
  } catch (error) {
    // A commit of unknown outcome may name what was written. What is in the engine's store stays then, since another attempt
    // may have told of it and the job have succeeded with it; it goes when the job's data goes. In the user's directories
    // whoever ended the job may have looked before this was there.
    const isOverWithout = committing && (await isOver(store, event.job).catch(() => false))
    if (!committing || (isOverWithout && isWrite)) await output?.abort()
    if (!committing || isOverWithout) await letters?.abort()
    throw error
  } finally {
    watch.stop()
    await pipeline?.close()
    await runs.close()
  }
}

/** With the requests that follow when the counts are committed: the commit, and the look at the job's end. */
function withEnding(counts: RequestCounts, { output }: Stage, hasLetters: boolean): RequestCounts {
  const { gets, puts, lists, deletes } = counts
  const looks = output.kind === 'write' || hasLetters ? 1 : 0
  return { gets: gets + looks, puts: puts + 1, lists: lists + looks, deletes }
}

/** Whether the job has ended, or has even been cleaned away: then nobody could remove what is left here. */
async function isOver(store: ObjectStore, job: string): Promise<boolean> {
  const [ended, plan] = await Promise.all([hasEnded(store, job), store.head(jobKeys.plan(job))])
  return ended || plan === undefined
}

/**
 * Dead letters of an attempt that nobody has heard of may have gone with the job's end, before a retry.
 *
 * @throws CORRUPT, with what is lost, where one is not there
 */
async function checkLetters(
  store: ObjectStore,
  { job, stage, task, generation }: StageTaskEvent,
  policy: SkipPolicy | undefined,
  stores: Stores,
  { skipped }: TaskSuccess,
): Promise<void> {
  if (policy === undefined || skipped === undefined) return
  const letters = stores.open(deadLettersUri(policy, { job, store: store.uri }))
  for (const { key } of skipped.parts) {
    if ((await letters.head(key)) !== undefined) continue
    throw new DunlinError(
      'CORRUPT',
      `the dead letters of task ${task} of stage ${stage} are gone: ${letters.uri}${key}`,
      {
        lost: { job, stage, task, generation },
      },
    )
  }
}

/** Which partition the task works on: that of the first input that is divided. */
function partitionOf(stage: Stage, partitions: readonly (number | null)[], task: number): number {
  const divided = partitions.find(
    (partition, input) => partition !== null && !isBroadcast(stage.inputs[input]!),
  )
  return divided ?? task
}

function samples(spec: OperatorSpec): boolean {
  if (spec.op === 'input') return false
  return spec.op === 'sampleKeys' || ('inputs' in spec ? spec.inputs : [spec.input]).some(samples)
}

/** The positions that divide this task's output by range; null where it is not divided so, or there were no rows. */
async function readSplitters(stage: Stage, inputs: ReadonlyMap<number, OpenInput>): Promise<Batch | null> {
  const { output } = stage
  if (output.kind !== 'exchange' || output.partitioning.kind !== 'range') return null
  const input = inputs.get(output.partitioning.splitters)
  if (input === undefined) throw new DunlinError('INTERNAL', `stage ${stage.id} has no splitters`)
  const batches: Batch[] = []
  for await (const batch of input.batches(false)) batches.push(batch)
  return batches.length === 0 ? null : concatBatches(batches)
}

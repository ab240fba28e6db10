/** Running one task of a stage: read its partition, push it through the operators, write, commit. */
import type { Batch, Schema } from '../../operators/index.ts'
import { partitionsOf, rootOfTask, type Stage } from '../../planner/index.ts'
import { commitTask, readCommit } from '../shuffle/commit-task.ts'
import { type ExchangeCounters, openExchange } from '../shuffle/read-exchange.ts'
import { type ReadCounters, readSplit } from '../source/read-split.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { buildPipeline } from './pipeline.ts'
import { readPlan, stageOf } from './read-plan.ts'
import type { StageTaskEvent, TaskSuccess } from './task-event.ts'
import { openOutput } from './task-output.ts'
import type { TaskPorts } from './task-ports.ts'
import { recordTask, stopGuard } from './task-recorder.ts'

type Counters = ReadCounters & ExchangeCounters

/** What one input of a stage gives to one task. */
interface OpenInput {
  readonly input: number
  /** Known for exchanges; null for sources, and where there was no row. */
  readonly schema: Schema | null
  readonly batches: AsyncIterable<Batch>
}

const BYTES_PER_MB = 1 << 20

export async function runStageTask(event: StageTaskEvent, ports: TaskPorts): Promise<TaskSuccess> {
  const startedAt = ports.clock.now()
  const store = ports.stores.open(event.store)
  const stage = stageOf(await readPlan(store, event.job, event.fingerprint), event.stage)
  if (event.attempt > 1) {
    const earlier = await readCommit(store, event, event.generation)
    if (earlier !== undefined) return earlier.success
  }
  const functions = event.codeHash === '' ? [] : await ports.loadFunctions(store, event.codeHash)
  const counters: Counters = { bytesIn: 0, gets: 0, invalidText: 0, exchangeRowsIn: 0 }
  const { inputs, partition } = await openInputs(stage, event, ports, store, counters)
  const recorder = recordTask(event, partition, ports.signal)
  const guard = stopGuard(event, ports.clock, ports.signal)
  const root = rootOfTask(stage, event.task)
  // Rows that go from an exchange to the sink as they are have the exchange's schema, also where there are none.
  const known = root.op === 'input' ? (inputs[0]?.schema ?? null) : null
  const output = openOutput(stage, event, { store, stores: ports.stores }, known)
  let committing = false
  try {
    const pipeline = buildPipeline(
      root,
      {
        functions,
        task: recorder.argument,
        budgetBytes: (stage.memoryMb * BYTES_PER_MB) / 2,
        concurrency: stage.concurrency,
      },
      batch => output.push(batch),
    )
    let rowsIn = 0
    const enough = stage.until?.rows ?? Number.POSITIVE_INFINITY
    for (const { input, batches } of inputs) {
      for await (const batch of batches) {
        guard()
        rowsIn += batch.length
        await pipeline.push(input, batch)
        if (output.rows >= enough || pipeline.done(input)) break
      }
    }
    await pipeline.finish()
    guard()
    const finished = await output.finish()
    const success: TaskSuccess = {
      ok: true,
      attempt: event.attempt,
      nonce: event.nonce,
      exchangeRowsIn: counters.exchangeRowsIn,
      rowsOut: output.rows,
      schema: finished.schema,
      ...(finished.part === undefined ? {} : { part: finished.part }),
      counters: recorder.counters(),
      logs: recorder.logs(),
      stats: {
        rowsIn,
        rowsOut: output.rows,
        bytesIn: counters.bytesIn,
        bytesOut: finished.bytesOut,
        gets: counters.gets,
        puts: finished.puts + 1,
        durationMs: ports.clock.now() - startedAt,
        invalidText: counters.invalidText,
      },
    }
    committing = true
    const winner = await commitTask(store, event, {
      success,
      fingerprint: event.fingerprint,
      slices: finished.slices,
    })
    if (winner.success.nonce !== event.nonce) await output.abort()
    return winner.success
  } catch (error) {
    // A commit of unknown outcome may name what was written: then it stays, and goes when the job's data goes.
    if (!committing) await output.abort()
    throw error
  }
}

/** Opens what this task reads, in the order of the stage's inputs, and says which partition of it that is. */
async function openInputs(
  stage: Stage,
  event: StageTaskEvent,
  ports: TaskPorts,
  store: ObjectStore,
  counters: Counters,
): Promise<{ readonly inputs: readonly OpenInput[]; readonly partition: number }> {
  const inputs: OpenInput[] = []
  const { signal } = ports
  const partitions = partitionsOf(stage, event.task)
  for (const [input, spec] of stage.inputs.entries()) {
    const partition = partitions[input]
    if (partition === null || partition === undefined) continue
    if (spec.kind === 'splits') {
      const split = event.splits[input]
      if (split === null || split === undefined) continue
      const { stores } = ports
      const columns = spec.columns === undefined ? {} : { columns: spec.columns }
      inputs.push({
        input,
        schema: null,
        batches: readSplit(split, spec.format, { stores, signal, counters, ...columns }),
      })
    } else {
      const { from, partitioning } = spec
      const exchange = { store, job: event.job, from, partitioning, partition, signal, counters }
      inputs.push({ input, ...(await openExchange(exchange)) })
    }
  }
  return { inputs, partition: partitions.find(partition => partition !== null) ?? event.task }
}

/** An exchange made by hand: tasks push batches into their outputs, commit, and a manifest is built. */
import type { Batch, Partitioning, Schema } from '../../../operators/index.ts'
import { unifySchemas } from '../../../operators/index.ts'
import type { Stage, StageId } from '../../../planner/index.ts'
import { buildManifest } from '../../../src/shuffle/build-manifest.ts'
import type { CommitRecord } from '../../../src/shuffle/commit-record.ts'
import { commitTask } from '../../../src/shuffle/commit-task.ts'
import { openExchange } from '../../../src/shuffle/read-exchange.ts'
import type { ObjectStore } from '../../../src/store/object-store.ts'
import { StoreRuns } from '../../../src/task/run-store.ts'
import type { ManifestTaskEvent, StageTaskEvent } from '../../../src/task/task-event.ts'
import { openOutput, type TaskOutput } from '../../../src/task/task-output.ts'

export const FROM = 0 as StageId
const FINGERPRINT = 'f'.repeat(64)

export interface ExchangeShape {
  readonly store: ObjectStore
  readonly partitioning: Partitioning
  readonly partitions: number
  readonly budgetBytes?: number
  readonly splitters?: Batch | null
}

export const taskEvent = (task: number): StageTaskEvent => ({
  version: 1,
  kind: 'task',
  job: 'j',
  store: 'memory://unused/',
  fingerprint: FINGERPRINT,
  stage: FROM,
  nonce: String(task).padStart(16, '0'),
  attempt: 1,
  deadline: null,
  task,
  generation: 0,
  codeHash: '',
  seed: 0,
  splits: [],
  exchanges: [],
  epoch: 1,
})

export interface OpenedOutput {
  readonly output: TaskOutput
  readonly runs: StoreRuns
}

export function outputOf(
  shape: ExchangeShape,
  task: number,
  kind: 'exchange' | 'result' = 'exchange',
): OpenedOutput {
  const { store, partitioning, partitions, budgetBytes = Number.POSITIVE_INFINITY, splitters = null } = shape
  const event = taskEvent(task)
  const runs = new StoreRuns({ store, event, readAheadBytes: 1 << 20 })
  const output = kind === 'exchange' ? { kind, partitioning, partitions } : { kind, output: 0 }
  const stage = { id: FROM, title: 'Map test', output } as Stage
  const stores = { open: () => store }
  return { output: openOutput(stage, event, { store, stores, runs, budgetBytes, splitters }, null), runs }
}

/** Runs the producing tasks, one for each list of batches, and the manifest task. */
export async function produce(
  shape: ExchangeShape,
  tasks: readonly (readonly Batch[])[],
): Promise<readonly CommitRecord[]> {
  const commits: CommitRecord[] = []
  for (const [task, batches] of tasks.entries()) {
    const { output, runs } = outputOf(shape, task)
    for (const batch of batches) await output.push(batch)
    const { schema, slices, bytesOut, puts } = await output.finish()
    await runs.close()
    const event = taskEvent(task)
    const stats = { rowsIn: 0, rowsOut: output.rows, bytesIn: 0, bytesOut, spilledBytes: runs.spilledBytes }
    const rest = { gets: 0, puts, durationMs: 0, peakMemoryBytes: 0, invalidText: 0 }
    commits.push(
      await commitTask(shape.store, event, {
        fingerprint: FINGERPRINT,
        slices,
        success: {
          ok: true,
          attempt: 1,
          nonce: event.nonce,
          generation: 0,
          exchangeRowsIn: 0,
          rowsOut: output.rows,
          schema,
          counters: {},
          logs: [],
          stats: { ...stats, ...rest },
        },
      }),
    )
  }
  await buildManifest(shape.store, manifestEvent(shape, commits), () => undefined)
  return commits
}

/** What a worker is told that makes the manifest of these commits. */
export function manifestEvent(
  { partitions }: Pick<ExchangeShape, 'partitions'>,
  commits: readonly CommitRecord[],
): ManifestTaskEvent {
  const { kind: _, task: __, splits: ___, exchanges: ____, ...event } = taskEvent(0)
  return {
    ...event,
    kind: 'manifest',
    tasks: commits.length,
    generations: { base: 0, others: {} },
    partitions,
    rows: commits.reduce((sum, { success }) => sum + success.rowsOut, 0),
    schema: commits.reduce<Schema | null>((all, { success }) => unifySchemas(all, success.schema), null),
  }
}

export interface Consumed {
  readonly batches: readonly Batch[]
  readonly counters: { bytesIn: number; gets: number; exchangeRowsIn: number; exchangeBytesIn: number }
}

export async function consume(
  { store, partitioning }: Pick<ExchangeShape, 'store' | 'partitioning'>,
  partition: number,
  memoryBytes = 1 << 30,
): Promise<Consumed> {
  const counters = { bytesIn: 0, gets: 0, exchangeRowsIn: 0, exchangeBytesIn: 0 }
  const { signal } = new AbortController()
  const { batches } = await openExchange({
    store,
    source: { job: 'j', stage: FROM, generation: 0 },
    partitioning,
    partition,
    memoryBytes,
    signal,
    counters,
  })
  const all: Batch[] = []
  for await (const batch of batches) all.push(batch)
  return { batches: all, counters }
}

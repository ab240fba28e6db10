/** The one execution function: what a local worker and a cloud function both do with a task event. */
import { DunlinError, toFailure } from '../../operators/index.ts'
import { LeaseWatch } from '../job/lease-watch.ts'
import { buildManifest } from '../shuffle/build-manifest.ts'
import { countedStores } from '../store/counted-store.ts'
import { runStageTask } from './run-stage-task.ts'
import type { ManifestTaskEvent, TaskEvent, TaskResult } from './task-event.ts'
import type { CountedPorts, TaskPorts } from './task-ports.ts'
import { stopGuard } from './task-recorder.ts'

/** Of the nonce of an attempt, this many digits are its launch's, and as many its delivery's. */
const NONCE_HALF_DIGITS = 8

/** Runs a task event to its end. Never rejects: a failure of any kind is data, with the place where it happened. */
export async function runTask(received: TaskEvent, ports: TaskPorts): Promise<TaskResult> {
  // One event may be delivered twice, and both deliveries run at once: each writes keys of its own.
  const nonce = received.nonce.slice(0, NONCE_HALF_DIGITS) + ports.random.hex(NONCE_HALF_DIGITS / 2)
  const event = { ...received, nonce }
  const startedAt = ports.clock.now()
  const { stores, counts } = countedStores(ports.stores)
  const counted: CountedPorts = { ...ports, stores, counts, keptStores: ports.stores }
  const result = await resultOf(event, counted)
  return { ...result, use: { durationMs: ports.clock.now() - startedAt, ...counts } }
}

async function resultOf(event: TaskEvent, ports: CountedPorts): Promise<TaskResult> {
  try {
    return event.kind === 'manifest' ? await runManifestTask(event, ports) : await runStageTask(event, ports)
  } catch (thrown) {
    const error =
      thrown instanceof DunlinError
        ? thrown
        : new DunlinError('INTERNAL', messageOf(thrown), { cause: thrown })
    const { job, stage, attempt } = event
    return {
      ok: false,
      failure: toFailure(
        error.at({ job, stage, attempt, ...(event.kind === 'task' ? { task: event.task } : {}) }),
      ),
    }
  }
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

async function runManifestTask(event: ManifestTaskEvent, ports: CountedPorts): Promise<TaskResult> {
  const startedAt = ports.clock.now()
  const store = ports.stores.open(event.store)
  const watch = new LeaseWatch(store, event, ports.clock)
  const guard = stopGuard(event, { clock: ports.clock, signal: ports.signal, watch })
  const built = await buildManifest(store, event, guard).finally(() => watch.stop())
  return {
    ok: true,
    attempt: event.attempt,
    nonce: event.nonce,
    generation: event.generation,
    exchangeRowsIn: 0,
    rowsOut: built.rows,
    schema: event.schema,
    partitionBytes: built.partitionBytes,
    counters: {},
    logs: [],
    stats: {
      rowsIn: 0,
      rowsOut: 0,
      bytesIn: 0,
      bytesOut: built.bytes,
      spilledBytes: built.spilledBytes,
      ...ports.counts,
      durationMs: ports.clock.now() - startedAt,
      peakMemoryBytes: ports.peakMemoryBytes?.() ?? 0,
      invalidText: 0,
    },
  }
}

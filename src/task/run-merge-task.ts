/** Running one task of a stage that merges slices: its part of the exchange in, one shuffle object out, commit. */
import { DunlinError } from '../../operators/index.ts'
import type { MergeShape, Stage } from '../../planner/index.ts'
import { LeaseWatch } from '../job/lease-watch.ts'
import { commitTask } from '../shuffle/commit-task.ts'
import { openMerge } from '../shuffle/read-merge.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { isChanged } from './is-changed.ts'
import { MergedObject } from './merged-object.ts'
import type { StageTaskEvent, TaskSuccess } from './task-event.ts'
import type { CountedPorts } from './task-ports.ts'
import { stopGuard } from './task-recorder.ts'

const BYTES_PER_MB = 1 << 20

/** How a stage merges; undefined for one that does anything else. */
export function mergeOf({ inputs }: Stage): MergeShape | undefined {
  const [input] = inputs
  return input?.kind === 'exchange' ? input.merge : undefined
}

export async function runMergeTask(
  event: StageTaskEvent,
  ports: CountedPorts,
  of: {
    readonly stage: Stage
    readonly shape: MergeShape
    readonly store: ObjectStore
    readonly startedAt: number
  },
): Promise<TaskSuccess> {
  const { stage, shape, store, startedAt } = of
  const [source] = event.exchanges
  if (source === null || source === undefined)
    throw new DunlinError('INTERNAL', `the event does not say where the input of stage ${stage.id} is`)
  const counters = { bytesIn: 0, gets: 0, exchangeBytesIn: 0, exchangeRowsIn: 0 }
  const { signal, clock } = ports
  const watch = new LeaseWatch(store, event, clock)
  const guard = stopGuard(event, { clock, signal, watch })
  let merged: MergedObject | null = null
  let committing = false
  try {
    const memoryBytes = stage.memoryMb * BYTES_PER_MB
    const input = await openMerge({ store, source, shape, task: event.task, memoryBytes, signal, counters })
    if (input.schema !== null) {
      merged = new MergedObject(store, event, input.schema)
      for await (const { row, batch } of input.batches) {
        guard()
        await merged.push(row, batch)
      }
    }
    guard()
    const finished = (await merged?.finish()) ?? { schema: null, slices: [], bytesOut: 0 }
    const rowsOut = merged?.rows ?? 0
    const changed = await isChanged(store, event, finished)
    const { gets, puts, lists, deletes } = ports.counts
    const success: TaskSuccess = {
      ok: true,
      attempt: event.attempt,
      nonce: event.nonce,
      generation: event.generation,
      ...(changed ? { changed: true } : {}),
      exchangeRowsIn: counters.exchangeRowsIn,
      rowsOut,
      schema: finished.schema,
      counters: {},
      logs: [],
      stats: {
        rowsIn: counters.exchangeRowsIn,
        rowsOut,
        bytesIn: counters.bytesIn,
        exchangeBytesIn: counters.exchangeBytesIn,
        bytesOut: finished.bytesOut,
        spilledBytes: 0,
        // With the commit that follows.
        ...{ gets, puts: puts + 1, lists, deletes },
        durationMs: clock.now() - startedAt,
        peakMemoryBytes: ports.peakMemoryBytes?.() ?? 0,
        invalidText: 0,
      },
    }
    committing = true
    const { fingerprint } = event
    const winner = await commitTask(store, event, { success, fingerprint, slices: finished.slices })
    if (winner.success.nonce !== event.nonce) await merged?.abort()
    return winner.success
  } catch (error) {
    // A commit of unknown outcome may name what was written: then it stays, and goes when the job's data goes.
    if (!committing) await merged?.abort()
    throw error
  } finally {
    watch.stop()
  }
}

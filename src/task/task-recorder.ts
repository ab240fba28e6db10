/** The task argument that user functions see, and what they leave behind through it: counters and logs. */
import { DunlinError, type TaskArgument } from '../../operators/index.ts'
import type { Clock } from '../ports/ports.ts'
import { deadlinePassed } from './deadline-passed.ts'
import { seededRandom } from './seeded-random.ts'
import type { StageTaskEvent, TaskEvent, TaskLog } from './task-event.ts'

/** Log lines kept per attempt: an answer must stay small JSON. The rest is counted. */
const LOGS_KEPT = 100
const LOG_CHARS = 2_000
/** Names of counters per attempt: they travel through the driver. */
const COUNTERS_KEPT = 1_000

export interface TaskRecorder {
  readonly argument: TaskArgument
  counters(): Readonly<Record<string, number>>
  logs(): readonly TaskLog[]
}

export function recordTask(event: StageTaskEvent, partition: number, signal: AbortSignal): TaskRecorder {
  const counters = new Map<string, number>()
  const logs: TaskLog[] = []
  let dropped = 0
  // By task, not by partition: the branches of a union have partitions of the same numbers.
  const random = seededRandom(event.seed, event.stage, event.task)
  return {
    argument: Object.freeze<TaskArgument>({
      index: event.task,
      partition,
      attempt: event.attempt,
      deadline: event.deadline ?? Number.POSITIVE_INFINITY,
      random,
      signal,
      log(message, level = 'info') {
        if (logs.length < LOGS_KEPT) logs.push({ level, message: String(message).slice(0, LOG_CHARS) })
        else dropped++
      },
      counter(name, by = 1) {
        if (counters.size === COUNTERS_KEPT && !counters.has(name)) {
          throw new DunlinError(
            'TOO_LARGE',
            `a task has more than ${COUNTERS_KEPT} counters; the next is ${name}`,
            {
              hint: 'Counters are for a few totals: count what varies with the data by valueCounts() or groupBy().',
            },
          )
        }
        counters.set(name, (counters.get(name) ?? 0) + by)
      },
    }),
    counters: () => Object.fromEntries(counters),
    logs: () =>
      dropped === 0 ? logs : [...logs, { level: 'warn', message: `${dropped} more log lines were dropped` }],
  }
}

export interface StopSigns {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Sees whether there is still a driver. */
  readonly watch: { readonly lapsed: boolean }
}

/** Throws where the task must stop: called between batches. */
export function stopGuard(event: TaskEvent, { clock, signal, watch }: StopSigns): () => void {
  return () => {
    if (watch.lapsed) {
      const message = `the driver that asked for this task is gone, or has ended job ${event.job}`
      // Should it be there after all, it asks again.
      throw new DunlinError('LEASE', message, { retryable: true })
    }
    if (signal.aborted) throw new DunlinError('CANCELLED', 'the task was cancelled', { cause: signal.reason })
    if (event.deadline === null) return
    const overMs = clock.now() - event.deadline
    if (overMs > 0) throw deadlinePassed(event.kind, `it is ${overMs} ms past it`)
  }
}

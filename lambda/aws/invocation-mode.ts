/** How a task is invoked: with an answer that is waited for, or by an event whose result comes through the store. */
import type { TaskEvent } from '../../src/worker.ts'

/**
 * `sync`: a connection for each task that runs; its answer is the result. `event`: nothing is held open, so tasks may be long and
 * waves wide; two small objects and up to a second more for each task. `auto`: by the task.
 */
export type InvocationMode = 'sync' | 'event' | 'auto'

/** What is known of a task that is about to be invoked. */
export interface InvocationFacts {
  /** Of the same stage, the longest that has ended so far; 0 where none has. */
  readonly longestMs: number
  /** What it reads of sources. */
  readonly splitBytes: number
  /** Synchronous invocations that are running. */
  readonly running: number
}

/** A connection that is silent for longer may be cut on its way (NAT gateways: 350 s), and holds a socket all the while. */
const LONG_MS = 60_000
/** Sockets of one driver: from there on tasks are sent as events. */
const MOST_RUNNING = 1_000
/** What a function reads in a second at best. */
const BYTES_PER_SECOND = 75e6

/**
 * @example
 * chooseMode('auto', { longestMs: 90_000, splitBytes: 0, running: 3 }) // 'event'
 */
export function chooseMode(mode: InvocationMode, facts: InvocationFacts): 'sync' | 'event' {
  if (mode !== 'auto') return mode
  const { longestMs, splitBytes, running } = facts
  const expectedMs = Math.max(longestMs, (splitBytes / BYTES_PER_SECOND) * 1_000)
  return expectedMs > LONG_MS || running >= MOST_RUNNING ? 'event' : 'sync'
}

/** How long tasks of each stage took so far. */
export class LongestOfStages {
  readonly #longestMs = new Map<string, number>()

  add({ job, stage, kind }: TaskEvent, ms: number): void {
    if (kind === 'task' && ms > this.longestMs({ job, stage })) this.#longestMs.set(`${job} ${stage}`, ms)
  }

  longestMs({ job, stage }: Pick<TaskEvent, 'job' | 'stage'>): number {
    return this.#longestMs.get(`${job} ${stage}`) ?? 0
  }
}

/** What a task reads of sources; of a range of numbers, how many. */
export function splitBytes(event: TaskEvent): number {
  const ranges = event.kind === 'task' ? event.splits.flatMap(split => split?.ranges ?? []) : []
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0)
}

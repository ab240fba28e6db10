/** What the pool needs of a worker, be it a thread or a process. */

/** How a worker ended. */
export interface WorkerEnd {
  readonly kind: 'ended' | 'outOfMemory'
  /** Continues "worker thread 3 …": `ended with exit code 1`. */
  readonly text: string
  /** A signal from outside, which says nothing about the worker itself. */
  readonly byForce?: true
  readonly hint?: string
  readonly cause?: unknown
}

export interface WorkerEvents {
  message(text: string): void
  /** Called once, when nothing of it runs any more. */
  ended(end: WorkerEnd): void
}

export interface WorkerHandle {
  /** For people: `worker thread 3`, `worker process 4711`. */
  readonly name: string
  send(text: string): void
  /** Ends it by force, whatever it is doing. */
  kill(): void
  /** Keeps this process alive until `release`. A worker starts released. */
  hold(): void
  release(): void
}

/** Starts a worker. Does not throw: a worker that cannot be started ends. */
export type StartWorker = (events: WorkerEvents) => WorkerHandle

export const EXIT_HINT = 'A user function that calls process.exit() does this: throw an error instead.'

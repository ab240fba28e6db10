/** The inline backend: tasks run in this thread, for tests and for memory stores. */
import { setMaxListeners } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { closeWorkerValues } from '../ship/worker-values.ts'
import { runTask } from '../task/run-task.ts'
import type { TaskEvent, TaskResult } from '../task/task-event.ts'
import type { TaskPorts } from '../task/task-ports.ts'
import type { ComputeBackend } from './compute-backend.ts'
import { nodeHeapMb } from './memory-sizes.ts'
import { CANCEL_GRACE_MS, cancelled, failed } from './task-failure.ts'

export interface InlineBackendOptions {
  /** What tasks are given, but for the signal, which is each attempt's own. */
  readonly ports: Omit<TaskPorts, 'signal'>
  /** Default 1. */
  readonly slots?: number
  /** Default: the one execution function; another one for tests. */
  readonly run?: (event: TaskEvent, ports: TaskPorts) => Promise<TaskResult>
}

/**
 * Events and results make the same JSON round trip as elsewhere. Nothing shields the driver: a user function that
 * never returns is never stopped, and one that ends the process ends the driver.
 */
export function createInlineBackend(options: InlineBackendOptions): ComputeBackend {
  const run = options.run ?? runTask
  const running = new Set<AbortController>()
  let closed = false
  return {
    name: 'inline',
    slots: options.slots ?? 1,
    memorySizesMb: [nodeHeapMb()],
    async run(event, { signal }) {
      if (signal.aborted || closed) return cancelled(event)
      const attempt = new AbortController()
      const abort = (): void => attempt.abort(signal.reason)
      running.add(attempt)
      setMaxListeners(0, signal)
      signal.addEventListener('abort', abort)
      try {
        const received = JSON.parse(JSON.stringify(event)) as TaskEvent
        const result = run(received, { ...options.ports, signal: attempt.signal })
        const done = await Promise.race([result, graceAfter(attempt.signal)])
        if (done === undefined || attempt.signal.aborted) return cancelled(event)
        return JSON.parse(JSON.stringify(done)) as TaskResult
      } catch (error) {
        return attempt.signal.aborted ? cancelled(event) : failed(error, event)
      } finally {
        signal.removeEventListener('abort', abort)
        running.delete(attempt)
      }
    },
    async close() {
      closed = true
      for (const attempt of running) attempt.abort()
      await closeWorkerValues()
    },
  }
}

/** Resolves some time after the attempt was aborted: a function that does not listen is not waited for. */
function graceAfter(attempt: AbortSignal): Promise<undefined> {
  return new Promise(resolve => {
    attempt.addEventListener('abort', () => void setTimeout(CANCEL_GRACE_MS).then(() => resolve(undefined)), {
      once: true,
    })
  })
}

/** A worker of the pool: runs one task at a time, and answers for it also when it dies. */
import { setMaxListeners } from 'node:events'
import type { TaskEvent, TaskResult } from '../task/task-event.ts'
import { CANCEL_GRACE_MS, cancelled, failed, workerLost } from './task-failure.ts'
import type { StartWorker, WorkerEnd, WorkerHandle } from './worker-handle.ts'
import type { FromWorker, ToWorker } from './worker-message.ts'

/** A killed worker that does not end (stuck in the kernel) is given up after this. */
const KILL_WAIT_MS = 500
/** What a worker may take to close what it holds, before it is killed. */
const CLOSE_GRACE_MS = 1_000

export interface PooledWorkerEvents {
  /** It can take a task. */
  free(worker: PooledWorker): void
  /** It will take no task any more. */
  gone(worker: PooledWorker): void
}

interface RunningTask {
  readonly id: number
  readonly event: TaskEvent
  readonly signal: AbortSignal
  readonly resolve: (result: TaskResult) => void
  readonly cancel: () => void
}

/**
 * idle → running → idle …, until it ends or is killed. A cancelled task is asked to stop, and killed after
 * {@link CANCEL_GRACE_MS}; it is answered for when the worker has ended, so that nothing of it runs on.
 */
export class PooledWorker {
  readonly #handle: WorkerHandle
  readonly #events: PooledWorkerEvents
  readonly #ended = Promise.withResolvers<void>()
  #task: RunningTask | null = null
  #tasks = 0
  #started = false
  #killed = false
  #closing = false
  #holds = false
  #gone = false
  #timer: NodeJS.Timeout | undefined

  constructor(start: StartWorker, events: PooledWorkerEvents) {
    this.#events = events
    this.#handle = start({
      message: text => this.#receive(text),
      ended: end => this.#end(end),
    })
  }

  /** Only to be called while it is free. Never rejects. */
  run(event: TaskEvent, signal: AbortSignal): Promise<TaskResult> {
    const id = ++this.#tasks
    let text: string
    try {
      text = JSON.stringify({ id, event } satisfies ToWorker)
    } catch (error) {
      this.#events.free(this)
      return Promise.resolve(failed(error, event))
    }
    return new Promise(resolve => {
      const cancel = (): void => this.#cancel(id)
      this.#task = { id, event, signal, resolve, cancel }
      // All tasks of a job listen to one signal: that is no leak to warn about.
      setMaxListeners(0, signal)
      signal.addEventListener('abort', cancel, { once: true })
      this.#handle.hold()
      this.#handle.send(text)
    })
  }

  /** Whether it has told that there is something it should close before it ends. */
  get holds(): boolean {
    return this.#holds
  }

  /** Ends the worker, in peace where it holds something; a task that it runs is answered with `CANCELLED`. */
  async close(): Promise<void> {
    if (this.#holds) this.#askToEnd()
    else this.#kill()
    await this.#ended.promise
  }

  #askToEnd(): void {
    if (this.#closing || this.#killed || this.#gone) return
    this.#closing = true
    clearTimeout(this.#timer)
    // Nobody runs a task, but this process must not end before the worker has.
    this.#handle.hold()
    this.#handle.send(JSON.stringify({ close: true } satisfies ToWorker))
    this.#timer = setTimeout(() => this.#kill(), CLOSE_GRACE_MS)
  }

  #cancel(id: number): void {
    if (this.#killed || this.#closing) return
    this.#handle.send(JSON.stringify({ cancel: id } satisfies ToWorker))
    this.#timer = setTimeout(() => this.#kill(), CANCEL_GRACE_MS)
  }

  #kill(): void {
    if (this.#killed || this.#gone) return
    this.#killed = true
    clearTimeout(this.#timer)
    this.#handle.kill()
    this.#timer = setTimeout(() => this.#end({ kind: 'ended', text: 'could not be ended' }), KILL_WAIT_MS)
  }

  #receive(text: string): void {
    const message = parse(text)
    if (message === undefined || this.#gone) return
    this.#started = true
    if ('broken' in message) {
      this.#retire({ kind: 'ended', text: `is not usable any more: ${message.broken}` })
    } else if ('id' in message && message.id === this.#task?.id) {
      this.#holds = message.holds === true
      this.#settle(message.result)
      if (message.last) this.#retire({ kind: 'ended', text: 'was retired' })
      else if (!this.#killed && !this.#closing) {
        this.#handle.release()
        this.#events.free(this)
      }
    }
  }

  /** It has given its last answer: what is left of it is ended without anybody waiting. */
  #retire(end: WorkerEnd): void {
    if (this.#task !== null)
      this.#settle(workerLost(this.#task.event, this.#handle.name, end, { started: true }))
    if (this.#holds) this.#askToEnd()
    else {
      this.#kill()
      this.#handle.release()
    }
  }

  #end(end: WorkerEnd): void {
    if (this.#gone) return
    this.#gone = true
    clearTimeout(this.#timer)
    const task = this.#task
    if (task !== null) {
      this.#settle(
        this.#killed || this.#closing
          ? cancelled(task.event)
          : workerLost(task.event, this.#handle.name, end, { started: this.#started }),
      )
    }
    this.#ended.resolve()
    this.#events.gone(this)
  }

  #settle(result: TaskResult): void {
    const task = this.#task
    if (task === null) return
    this.#task = null
    if (!this.#killed && !this.#closing) clearTimeout(this.#timer)
    task.signal.removeEventListener('abort', task.cancel)
    task.resolve(task.signal.aborted ? cancelled(task.event) : result)
  }
}

/** Undefined for what is not ours: user code in the worker can send messages too. */
function parse(text: string): FromWorker | undefined {
  try {
    const message: unknown = JSON.parse(text)
    return typeof message === 'object' && message !== null ? (message as FromWorker) : undefined
  } catch {
    return undefined
  }
}

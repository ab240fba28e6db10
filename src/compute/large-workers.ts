/** LargeWorkers: a worker of its own, with a larger heap, for a task that the pool's workers are too small for. */
import { setMaxListeners } from 'node:events'
import type { TaskEvent, TaskResult } from '../task/task-event.ts'
import { PooledWorker } from './pooled-worker.ts'
import { cancelled } from './task-failure.ts'
import type { StartWorker } from './worker-handle.ts'

interface WaitingTask {
  readonly memoryMb: number
  readonly event: TaskEvent
  readonly signal: AbortSignal
  readonly resolve: (result: TaskResult) => void
}

export interface LargeWorkersOptions {
  /** What they may have together; one may always run. */
  readonly mostMb: number
  readonly start: (memoryMb: number) => StartWorker
}

/** Each is started for one task and ended after it. Tasks whose workers would not fit side by side wait for each other. */
export class LargeWorkers {
  readonly #options: LargeWorkersOptions
  readonly #all = new Set<PooledWorker>()
  #waiting: WaitingTask[] = []
  #takenMb = 0
  #closed = false

  constructor(options: LargeWorkersOptions) {
    this.#options = options
  }

  run(memoryMb: number, event: TaskEvent, signal: AbortSignal): Promise<TaskResult> {
    return new Promise(resolve => {
      this.#waiting.push({ memoryMb, event, signal, resolve })
      setMaxListeners(0, signal)
      signal.addEventListener('abort', this.#dropCancelled, { once: true })
      this.#next()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#dropCancelled()
    await Promise.all([...this.#all].map(worker => worker.close()))
  }

  /** What is cancelled while it waits is answered at once. */
  readonly #dropCancelled = (): void => {
    const isOver = ({ signal }: WaitingTask): boolean => this.#closed || signal.aborted
    const dropped = this.#waiting.filter(isOver)
    this.#waiting = this.#waiting.filter(task => !isOver(task))
    for (const { event, resolve } of dropped) resolve(cancelled(event))
  }

  #next(): void {
    this.#dropCancelled()
    for (;;) {
      const task = this.#waiting[0]
      const fits = task !== undefined && this.#takenMb + task.memoryMb <= this.#options.mostMb
      if (task === undefined || (!fits && this.#all.size > 0)) return
      this.#waiting.shift()
      task.signal.removeEventListener('abort', this.#dropCancelled)
      this.#start(task)
    }
  }

  #start({ memoryMb, event, signal, resolve }: WaitingTask): void {
    this.#takenMb += memoryMb
    const worker = new PooledWorker(this.#options.start(memoryMb), {
      free: done => void done.close(),
      gone: gone => {
        this.#all.delete(gone)
        this.#takenMb -= memoryMb
        this.#next()
      },
    })
    this.#all.add(worker)
    void worker.run(event, signal).then(resolve)
  }
}

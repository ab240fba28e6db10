/** The pool: as many workers as there are slots, started when needed and replaced when they die. */
import type { TaskEvent, TaskResult } from '../task/task-event.ts'
import { PooledWorker } from './pooled-worker.ts'
import { cancelled } from './task-failure.ts'
import type { StartWorker } from './worker-handle.ts'

interface WaitingTask {
  readonly event: TaskEvent
  readonly signal: AbortSignal
  readonly resolve: (result: TaskResult) => void
}

/** Idle workers do not keep the process alive. A call beyond `workers` waits for its turn. */
export class WorkerPool {
  readonly #start: StartWorker
  readonly #workers: number
  readonly #all = new Set<PooledWorker>()
  /** The last one used stands last: it is the warmest. */
  readonly #free: PooledWorker[] = []
  #waiting: WaitingTask[] = []
  #closed = false
  #watchesExit = false

  constructor(options: { readonly workers: number; readonly start: StartWorker }) {
    this.#workers = options.workers
    this.#start = options.start
  }

  warm(): void {
    while (!this.#closed && this.#all.size < this.#workers) this.#free.unshift(this.#add())
  }

  run(event: TaskEvent, signal: AbortSignal): Promise<TaskResult> {
    if (signal.aborted || this.#closed) return Promise.resolve(cancelled(event))
    const worker = this.#free.pop() ?? (this.#all.size < this.#workers ? this.#add() : undefined)
    if (worker !== undefined) return worker.run(event, signal)
    return new Promise(resolve => this.#waiting.push({ event, signal, resolve }))
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { event, resolve } of this.#waiting) resolve(cancelled(event))
    this.#waiting = []
    this.#free.length = 0
    await Promise.all([...this.#all].map(worker => worker.close()))
  }

  #add(): PooledWorker {
    const worker = new PooledWorker(this.#start, {
      free: free => {
        if (this.#closed) return
        if (free.holds) this.#watchExit()
        this.#free.push(free)
        this.#next()
      },
      gone: gone => {
        this.#all.delete(gone)
        const at = this.#free.indexOf(gone)
        if (at >= 0) this.#free.splice(at, 1)
        this.#next()
      },
    })
    this.#all.add(worker)
    return worker
  }

  /** A program that just ends, without closing its engine, still lets workers close what they hold. */
  #watchExit(): void {
    if (this.#watchesExit) return
    this.#watchesExit = true
    process.once('beforeExit', () => {
      this.#watchesExit = false
      const holding = this.#free.filter(worker => worker.holds)
      for (const worker of holding) {
        this.#free.splice(this.#free.indexOf(worker), 1)
        void worker.close()
      }
    })
  }

  #next(): void {
    if (this.#closed) return
    const task = this.#waiting.shift()
    if (task !== undefined) void this.run(task.event, task.signal).then(task.resolve)
  }
}

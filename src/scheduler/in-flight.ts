/** InFlight: the calls to the compute backend that have not answered, each watched, so that each does answer. */
import { DunlinError, toFailure } from '../../operators/index.ts'
import type { ComputeBackend, RunOptions } from '../compute/compute-backend.ts'
import type { Clock, Timer } from '../ports/ports.ts'
import { deadlinePassed } from '../task/deadline-passed.ts'
import type { TaskEvent, TaskFailed, TaskResult } from '../task/task-event.ts'

/** How long after its deadline an attempt is waited for: the worker's own guard and the way back take time. */
const LATE_MS = 5_000
/** How long an aborted call may hold its slot; a backend answers within a second. */
const ABORT_MS = 2_000

interface Call {
  readonly abort: AbortController
  timer: Timer | null
}

export interface CallOptions {
  readonly timeoutMs: number
  readonly memoryMb: number
  /** The backend's answer, or a failure in its place; a commit may still be told after a `TIMEOUT`. */
  readonly answered: (result: TaskResult) => void
  /** Called once: the backend is done with the call, or has been given up. */
  readonly freed: () => void
}

/**
 * Whatever the backend does, an attempt is answered: a call that rejects, throws or gives nonsense is
 * `WORKER_LOST`; one that is silent past its deadline is aborted and answered with `TIMEOUT`.
 */
export class InFlight {
  readonly #compute: ComputeBackend
  readonly #clock: Clock
  readonly #calls = new Map<string, Call>()

  constructor(compute: ComputeBackend, clock: Clock) {
    this.#compute = compute
    this.#clock = clock
  }

  /** `id` is unique among the calls in flight. */
  launch(id: string, event: TaskEvent, options: CallOptions): void {
    const { answered, timeoutMs, memoryMb } = options
    const call: Call = { abort: new AbortController(), timer: null }
    let waiting = true
    let freed = false
    const free = (): void => {
      call.timer?.cancel()
      if (this.#calls.get(id) === call) this.#calls.delete(id)
      if (!freed) options.freed()
      freed = true
    }
    const settle = (result: TaskResult): void => {
      // Told first: whoever gives the slot out again should know what has become of the task.
      if (waiting || result.ok) answered(result)
      waiting = false
      free()
    }
    const overdue = (): void => {
      waiting = false
      call.timer = this.#clock.after(ABORT_MS, free)
      call.abort.abort()
      answered({ ok: false, failure: toFailure(deadlinePassed(event.kind, silence(timeoutMs))) })
    }
    this.#calls.set(id, call)
    if (event.deadline !== null) call.timer = this.#clock.after(timeoutMs + LATE_MS, overdue)
    this.#run(event, { signal: call.abort.signal, memoryMb }).then(settle, (thrown: unknown) =>
      settle(this.#rejected(thrown)),
    )
  }

  /** Aborts a call; it answers as usual. */
  cancel(id: string): void {
    this.#calls.get(id)?.abort.abort()
  }

  /** Stops watching, for a job that has ended: whatever is in flight has been aborted and answers nobody. */
  abandon(): void {
    for (const call of this.#calls.values()) {
      call.timer?.cancel()
      call.abort.abort()
    }
    this.#calls.clear()
  }

  async #run(event: TaskEvent, options: RunOptions): Promise<TaskResult> {
    const result: TaskResult | undefined = await this.#compute.run(event, options)
    if (typeof result?.ok === 'boolean') return result
    throw new TypeError(`the answer is ${JSON.stringify(result)?.slice(0, 100)}, not a task result`)
  }

  #rejected(thrown: unknown): TaskFailed {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    const message = `the ${this.#compute.name} backend did not answer a task: ${reason}`
    return {
      ok: false,
      failure: toFailure(new DunlinError('WORKER_LOST', message, { cause: thrown, retryable: true })),
    }
  }
}

const silence = (timeoutMs: number): string =>
  `its time-out is ${timeoutMs} ms, and ${LATE_MS} ms after that its worker was still silent`

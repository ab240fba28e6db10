/** Mutants of scheduling: retries, timers and slots, and orphans that stop. */
import type { Mutant } from '../mutant.ts'

const ATTEMPTS = 'src/job/attempts.ts'
const IN_FLIGHT = 'src/scheduler/in-flight.ts'
const RETRY = 'src/job/policies/retry.ts'
const RECORDER = 'src/task/task-recorder.ts'
const WATCH = 'src/job/lease-watch.ts'
const PATIENT = 'src/store/patiently.ts'

/** Not here: an attempt that answers well after it was given up, and is not heard. Its retry finds what it has committed. */
export const SCHEDULING_MUTANTS: readonly Mutant[] = [
  {
    name: 'what has failed for good is tried again',
    file: RETRY,
    find: "if (!failure.retryable) return { retry: false, reason: 'not retryable' }",
    replace: '',
    look: { check: 'a task that fails for good is tried once' },
  },
  {
    name: 'retries are never used up',
    file: RETRY,
    find: 'if (attempt > allowed(failure, policy))',
    replace: 'if (attempt > Number.MAX_SAFE_INTEGER)',
    look: { check: 'a task that always fails is tried four times' },
  },
  {
    name: 'attempts that were throttled use up the retries of a task',
    file: 'src/job/after-failure.ts',
    find: "if (failure.code === 'THROTTLED') {",
    replace: "if (failure.message === 'THROTTLED') {",
    look: { faults: ['throttled', 'refused'] },
  },
  {
    name: 'a task waits for a retry that nobody reminds of',
    file: ATTEMPTS,
    find: "step.command({ type: 'startTimer', id: retryTimer(stage.id, ref.task), delayMs })",
    replace: '',
    look: { faults: ['refused'] },
  },
  {
    name: 'a task that has committed commits once more',
    file: ATTEMPTS,
    find: "task.state !== 'committed' &&\n",
    replace: '\n',
    look: { check: 'a task whose attempts both answer well commits once' },
  },
  {
    name: 'attempts of a task are numbered from one again',
    file: ATTEMPTS,
    find: 'const attempt = task.tries.launched + 1',
    replace: 'const attempt = 1',
    look: { faults: ['refused', 'dataDamaged'] },
  },
  {
    name: 'a slot is not given back',
    file: 'src/scheduler/job-run.ts',
    find: 'if (!this.#finished) this.#share.release(1)',
    replace: '',
    look: { faults: ['coldStart'] },
  },
  {
    name: 'slots that nothing waits for are kept',
    file: ATTEMPTS,
    find: "step.command({ type: 'returnSlots', count: left })",
    replace: '',
    look: { check: 'slots that nothing waits for are given back' },
  },
  {
    name: 'a slot is given back twice',
    file: IN_FLIGHT,
    find: 'if (!freed) options.freed()',
    replace: 'options.freed()',
    look: { check: 'an attempt that answers after it was given up gives its slot back once' },
  },
  {
    name: 'an attempt that keeps silent is waited for for ever',
    file: IN_FLIGHT,
    find: 'if (event.deadline !== null) call.timer = this.#clock.after(timeoutMs + LATE_MS, overdue)',
    replace: '',
    look: { faults: ['queueDrop', 'silence'] },
  },
  {
    name: 'a job that ends waits for attempts that never answer',
    file: 'src/job/ending.ts',
    find: 'if (step.state.unanswered > 0)',
    replace: 'if (step.state.unanswered < 0)',
    look: { check: 'a job that is cancelled does not wait for a backend that is silent' },
  },
  {
    name: 'a worker does not see that its driver is gone',
    file: RECORDER,
    find: 'if (watch.lapsed) {',
    replace: 'if (watch === null) {',
    look: { check: 'a worker whose driver is gone stops' },
  },
  {
    name: 'a worker takes a driver that beats for gone',
    file: WATCH,
    find: 'if (lease === undefined || lease.released) this.lapsed = true',
    replace: 'if (lease !== undefined) this.lapsed = true',
    look: { faults: ['straggler', 'workerPaused'] },
  },
  {
    name: 'a worker that cannot read the lease takes its driver for gone',
    file: WATCH,
    find: '.catch(() => undefined)',
    replace: '.catch(() => {\n        this.lapsed = true\n      })',
    look: { faults: ['straggler', 'serverError', 'slowDown'] },
  },
  {
    name: 'a worker goes on after its deadline',
    file: RECORDER,
    find: 'overMs > 0',
    replace: 'overMs > Number.MAX_VALUE',
    look: { check: 'a worker past its deadline stops' },
  },
  {
    name: 'a worker goes on after it was cancelled',
    file: RECORDER,
    find: 'if (signal.aborted) throw',
    replace: 'if (watch === null) throw',
    look: { check: 'a worker that is cancelled stops' },
  },
  {
    name: 'a driver does not send a request again',
    file: PATIENT,
    find: 'if (!(error instanceof DunlinError && error.retryable) || this.#waitedMs >= PATIENCE_MS) throw error',
    replace: 'throw error',
    look: { check: 'a driver whose store fails once goes on' },
  },
  {
    name: 'a driver sends a request again for ever',
    file: PATIENT,
    find: ' || this.#waitedMs >= PATIENCE_MS) throw error',
    replace: ') throw error',
    look: { check: 'a driver whose store always fails gives up' },
  },
]

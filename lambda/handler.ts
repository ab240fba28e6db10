/** The stateless function, whatever cloud runs it: a JSON event in, `runTask`, a JSON result out. */
import {
  DunlinError,
  runTask,
  type TaskEvent,
  type TaskPorts,
  type TaskResult,
  toFailure,
} from '../src/worker.ts'

/** What one invocation knows of its own end. */
export interface Invocation {
  /** Milliseconds until the platform ends this invocation. */
  remainingMs(): number
}

/** What a task is given, but for the signal, by the root URI of its job's store. */
export type PortsOf = (jobStore: string) => Omit<TaskPorts, 'signal'>

/** Time kept for the answer: a task is stopped this long before the platform would end it without a word. */
export const ANSWER_MARGIN_MS = 2_000

const EVENT_VERSION = 1
const TEXT_FIELDS = ['kind', 'job', 'store', 'fingerprint', 'nonce'] as const
const NUMBER_FIELDS = ['stage', 'attempt'] as const

/**
 * Reads an event off JSON, and refuses one that another version of dunlin wrote.
 *
 * @throws DunlinError `CONFIGURATION` that names what is wrong with the event
 */
export function parseTaskEvent(event: unknown): TaskEvent {
  const hint = 'Deploy the function again, so that it has the version of dunlin that the driver has.'
  if (typeof event !== 'object' || event === null) {
    throw new DunlinError(
      'CONFIGURATION',
      `a task event is an object, not ${event === null ? 'null' : typeof event}`,
      { hint },
    )
  }
  const fields = event as Readonly<Record<string, unknown>>
  if (fields['version'] !== EVENT_VERSION) {
    const found = JSON.stringify(fields['version'])
    throw new DunlinError(
      'CONFIGURATION',
      `this function takes task events of version ${EVENT_VERSION}, not ${found}`,
      { hint },
    )
  }
  for (const field of TEXT_FIELDS) {
    if (typeof fields[field] !== 'string')
      throw new DunlinError('CONFIGURATION', `the task event has no ${field}`, { hint })
  }
  for (const field of NUMBER_FIELDS) {
    if (typeof fields[field] !== 'number')
      throw new DunlinError('CONFIGURATION', `the task event has no ${field}`, { hint })
  }
  if (fields['kind'] !== 'task' && fields['kind'] !== 'manifest') {
    throw new DunlinError('CONFIGURATION', `unknown kind of task event: ${JSON.stringify(fields['kind'])}`, {
      hint,
    })
  }
  return event as TaskEvent
}

/** @throws DunlinError `CONFIGURATION` where driver and function are of two versions of dunlin */
function checkVersion({ dunlin: asked }: { readonly dunlin?: unknown }, own: string | undefined): void {
  if (asked === undefined || own === undefined || asked === own) return
  throw new DunlinError(
    'CONFIGURATION',
    `the deployed function is of dunlin ${own}, and this driver is of dunlin ${String(asked)}`,
    { hint: 'Deploy it again, by this version: `dunlin deploy`.' },
  )
}

/**
 * Makes the function's handler. It never rejects: what fails, fails as data. The fingerprint that the event carries is
 * checked against the plan, the code hash against the code, before anything of the job runs; and `version`, that of the
 * dunlin which the function was built from, against the one that the event names.
 */
export function createHandler(
  portsOf: PortsOf,
  version?: string,
): (event: unknown, invocation: Invocation) => Promise<TaskResult> {
  return async (event, invocation) => {
    let task: TaskEvent
    try {
      task = parseTaskEvent(event)
      checkVersion(event as { readonly dunlin?: unknown }, version)
    } catch (error) {
      return { ok: false, failure: toFailure(error) }
    }
    const host = portsOf(task.store)
    const startedAt = host.clock.now()
    const limitMs = invocation.remainingMs()
    const guard = new AbortController()
    const leftMs = Math.max(0, limitMs - ANSWER_MARGIN_MS)
    const endsAt = startedAt + leftMs
    const timer = host.clock.after(leftMs, () => guard.abort())
    // A task that only computes lets no timer fire: it looks at its deadline by itself, between batches.
    const deadline = Math.min(task.deadline ?? Number.POSITIVE_INFINITY, endsAt)
    try {
      const result = await runTask({ ...task, deadline }, { ...host, signal: guard.signal })
      if (result.ok) return result
      const wasStopped =
        guard.signal.aborted || (result.failure.code === 'TIMEOUT' && host.clock.now() > endsAt)
      if (!wasStopped) return result
      return { ...result, failure: toFailure(outOfTime(task, limitMs, host.clock.now() - startedAt)) }
    } finally {
      timer.cancel()
    }
  }
}

const LESS_TO_DO = {
  task: 'smaller splits (splitBytes), more partitions',
  manifest: 'larger splits (splitBytes), fewer partitions',
} as const

function outOfTime(task: TaskEvent, limitMs: number, usedMs: number): DunlinError {
  return new DunlinError(
    'TIMEOUT',
    `the task was stopped after ${usedMs} ms: the function has ${limitMs} ms, of which ${ANSWER_MARGIN_MS} ms are kept for the answer`,
    {
      retryable: true,
      hint: `Deploy the function with a longer time-out, or give each task less to do: ${LESS_TO_DO[task.kind]}.`,
      place: { job: task.job, stage: task.stage, attempt: task.attempt },
    },
  )
}

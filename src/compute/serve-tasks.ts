/** The worker's side of the pool: receives tasks one at a time, runs them, answers. */
import { writeSync } from 'node:fs'
import { parentPort, Worker } from 'node:worker_threads'
import { DunlinError } from '../../operators/index.ts'
import type { TaskEvent, TaskResult } from '../task/task-event.ts'
import { failed } from './task-failure.ts'
import { uncaughtException, unhandledRejection } from './uncaught.ts'
import { type FromWorker, readWorkerSettings, type ToWorker } from './worker-message.ts'

export interface TaskServer {
  run(event: TaskEvent, signal: AbortSignal): Promise<TaskResult>
  /** Asked after each task: whether this worker has been used up and should be replaced. */
  isWorn?(): boolean
  /** Whether there is something that `close` closes. */
  holds?(): boolean
  /** Called once, before this worker ends in peace. */
  close?(): Promise<void>
}

const WATCH_INTERVAL_MS = 500
/** A driver that is gone waits for nobody, but somebody's database may be glad of a good-bye. */
const ORPHAN_CLOSE_MS = 1_000

/** Serves tasks on this thread or process until the driver ends it, or ends itself. */
export function serveTasks(server: TaskServer): void {
  const send = connect(text => receive(JSON.parse(text) as ToWorker), {
    orphaned: () => {
      setTimeout(() => process.exit(), ORPHAN_CLOSE_MS)
      void end()
    },
  })
  let ending: Promise<void> | undefined
  /** Stops what runs, closes what is held, and ends this thread or process; once, however often it is asked to. */
  const end = (): Promise<void> => (ending ??= endNow())
  const endNow = async (): Promise<void> => {
    running?.controller.abort(new DunlinError('CANCELLED', 'the worker is being closed'))
    if (server.holds?.()) await server.close?.().catch((error: unknown) => console.error(error))
    process.exit()
  }
  let running: {
    readonly id: number
    readonly event: TaskEvent
    readonly controller: AbortController
  } | null = null

  const answer = (id: number, event: TaskEvent, result: TaskResult, last: boolean): void => {
    running = null
    const holds = server.holds?.() ? ({ holds: true } as const) : {}
    const done = last ? ({ last: true, ...holds } as const) : holds
    try {
      send(JSON.stringify({ id, result, ...done } satisfies FromWorker))
    } catch (error) {
      send(JSON.stringify({ id, result: failed(error, event), ...done } satisfies FromWorker))
    }
  }

  const receive = (message: ToWorker): void => {
    if ('cancel' in message) {
      if (running?.id === message.cancel)
        running.controller.abort(new DunlinError('CANCELLED', 'the attempt was cancelled'))
      return
    }
    if ('close' in message) {
      void end()
      return
    }
    const { id, event } = message
    const controller = new AbortController()
    running = { id, event, controller }
    server
      .run(event, controller.signal)
      .catch((error: unknown) => failed(error, event))
      .then(result => {
        if (running?.id === id) answer(id, event, result, server.isWorn?.() ?? false)
      })
  }

  /** After an error that nobody caught this worker is not trusted with another task. */
  const fail = (error: DunlinError, thrown: unknown): void => {
    if (running !== null) {
      answer(running.id, running.event, failed(error, running.event), true)
    } else {
      console.error(error.message, thrown)
      send(JSON.stringify({ broken: error.message } satisfies FromWorker))
    }
  }
  process.on('uncaughtException', thrown => fail(uncaughtException(thrown), thrown))
  process.on('unhandledRejection', thrown => fail(unhandledRejection(thrown), thrown))
  send(JSON.stringify({ ready: true } satisfies FromWorker))
}

/** Connects to the driver, whichever kind of worker this is; gives the function that sends. */
function connect(
  receive: (text: string) => void,
  { orphaned }: { orphaned(): void },
): (text: string) => void {
  if (parentPort !== null) {
    const port = parentPort
    printToStandardError()
    port.on('message', receive)
    return text => port.postMessage(text)
  }
  if (process.send === undefined) {
    throw new DunlinError('INVALID_ARGUMENT', "this is the entry of dunlin's workers, not a program to run")
  }
  process.on('message', receive as (message: unknown) => void)
  process.on('disconnect', orphaned)
  // Ctrl-C reaches the whole group of processes: the driver decides what becomes of its tasks.
  process.on('SIGINT', () => {})
  watchDriver()
  return text => void process.send?.(text)
}

/** A function that never returns would outlive the driver: a thread of its own sees to it that it does not. */
function watchDriver(): void {
  const watch = `
    const check = () => { if (process.ppid !== ${readWorkerSettings().driverPid}) process.kill(process.pid, 'SIGKILL') }
    setInterval(check, ${WATCH_INTERVAL_MS})`
  if (process.platform !== 'win32') new Worker(watch, { eval: true, execArgv: [] }).unref()
}

/**
 * What user functions print, on either stream, goes straight to this process's standard error: the standard output
 * may be somebody's data, and a thread's own streams lose their last lines when it is ended.
 */
function printToStandardError(): void {
  const write = (text: string | Uint8Array, ...rest: unknown[]): boolean => {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text
    for (let at = 0; at < bytes.byteLength; ) at += writeSome(bytes.subarray(at))
    const done = rest.at(-1)
    if (typeof done === 'function') process.nextTick(done)
    return true
  }
  process.stdout.write = write as typeof process.stdout.write
  process.stderr.write = write as typeof process.stderr.write
}

function writeSome(bytes: Uint8Array): number {
  try {
    return writeSync(2, bytes)
  } catch (error) {
    // A pipe whose reader is slow; anything else (nobody reads it any more) must not fail a task.
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return bytes.byteLength
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    return 0
  }
}

/** Starts a worker process. */
import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { workerEnvironment, workerFlags } from './node-flags.ts'
import type { StartOptions } from './start-thread.ts'
import { EXIT_HINT, type StartWorker, type WorkerEnd } from './worker-handle.ts'

/** What is kept of the end of a worker's standard error, to tell what it died of. */
const TAIL_CHARACTERS = 4096
/** A grandchild may keep the pipes open for ever after the worker itself has ended. */
const LAST_WORDS_MS = 100
/** Of a worker that aborted they say whether its heap was full, which decides what follows. */
const LAST_WORDS_OF_ABORT_MS = 2_000
/** What a shell reports for SIGABRT, which is how V8 ends a process whose heap is full. */
const ABORT_EXIT_CODE = 134

/**
 * A process can be killed, and can crash, without touching the driver. What it prints, on either stream, goes to
 * this process's standard error, since the standard output may be somebody's data.
 */
export function processStarter(options: StartOptions): StartWorker {
  return events => {
    const memory = options.memoryMb === undefined ? [] : [`--max-old-space-size=${options.memoryMb}`]
    const child = fork(fileURLToPath(options.entry), [JSON.stringify(options.settings)], {
      execArgv: [...workerFlags(options.entry), ...memory],
      env: workerEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    let tail = ''
    child.stdout?.on('data', (bytes: Uint8Array) => process.stderr.write(bytes))
    child.stderr?.on('data', (bytes: Buffer) => {
      tail = (tail + bytes.toString('latin1')).slice(-TAIL_CHARACTERS)
      process.stderr.write(bytes)
    })
    child.on('message', message => {
      if (typeof message === 'string') events.message(message)
    })
    child.on('error', error => {
      // Without a process id it was never started, and no exit follows; with one, only a message was not sent.
      if (child.pid === undefined)
        events.ended({ kind: 'ended', text: `could not start: ${error.message}`, cause: error })
    })
    child.on('exit', (exitCode, signal) => {
      const waitMs = hasAborted(exitCode, signal) ? LAST_WORDS_OF_ABORT_MS : LAST_WORDS_MS
      void lastWords(child, waitMs).then(() => events.ended(endOf(exitCode, signal, tail, options.memoryMb)))
    })
    setHeld(child, false)
    return {
      name: `worker process ${child.pid}`,
      send: text => {
        if (child.connected) child.send(text, () => {})
      },
      kill: () => void child.kill('SIGKILL'),
      hold: () => setHeld(child, true),
      release: () => setHeld(child, false),
    }
  }
}

/** Resolves when what it printed has been read, or after a moment. */
function lastWords(child: ChildProcess, waitMs: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, waitMs)
    child.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** A process keeps its parent alive by itself, by its channel and by its pipes. */
function setHeld(child: ChildProcess, held: boolean): void {
  const parts = [child, child.channel, child.stdout as Socket | null, child.stderr as Socket | null]
  for (const part of parts) held ? part?.ref() : part?.unref()
}

function hasAborted(exitCode: number | null, signal: string | null): boolean {
  return signal === 'SIGABRT' || exitCode === ABORT_EXIT_CODE
}

function endOf(
  exitCode: number | null,
  signal: string | null,
  tail: string,
  memoryMb: number | undefined,
): WorkerEnd {
  if (hasAborted(exitCode, signal) && /heap out of memory|Allocation failed/i.test(tail)) {
    const limit = memoryMb === undefined ? 'its JavaScript heap' : `its JavaScript heap of ${memoryMb} MB`
    return { kind: 'outOfMemory', text: `ran out of ${limit} (${signal ?? `exit code ${exitCode}`})` }
  }
  if (signal === 'SIGKILL') {
    return {
      kind: 'ended',
      text: 'was killed by SIGKILL',
      byForce: true,
      hint: 'Unless somebody killed it, the system did because memory ran short: use fewer workers.',
    }
  }
  if (signal !== null) return { kind: 'ended', text: `was ended by ${signal}`, byForce: true }
  return { kind: 'ended', text: `ended with exit code ${exitCode}`, hint: EXIT_HINT }
}

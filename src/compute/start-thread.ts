/** Starts a worker thread. */
import { Worker } from 'node:worker_threads'
import { endedThreads } from '../store/temp-file.ts'
import { workerFlags } from './node-flags.ts'
import { EXIT_HINT, type StartWorker, type WorkerEnd } from './worker-handle.ts'
import type { WorkerSettings } from './worker-message.ts'

export interface StartOptions {
  readonly entry: URL
  readonly settings: WorkerSettings
  /** Limit of a worker's JavaScript heap; buffers outside the heap are not counted. */
  readonly memoryMb?: number
}

/**
 * A thread shares this process: a crash in native code, or an allocation that V8 cannot refuse politely, takes the
 * driver with it. What user functions print goes to this process's standard error, since its standard output may
 * be somebody's data.
 */
export function threadStarter(options: StartOptions): StartWorker {
  return events => {
    const worker = new Worker(options.entry, {
      argv: [JSON.stringify(options.settings)],
      execArgv: workerFlags(options.entry),
      stdout: true,
      stderr: true,
      ...(options.memoryMb === undefined
        ? {}
        : { resourceLimits: { maxOldGenerationSizeMb: options.memoryMb } }),
    })
    // It is -1 once the thread has ended.
    const { threadId } = worker
    let failure: unknown
    worker.stdout.on('data', (bytes: Uint8Array) => process.stderr.write(bytes))
    worker.stderr.on('data', (bytes: Uint8Array) => process.stderr.write(bytes))
    worker.on('message', (message: unknown) => {
      if (typeof message === 'string') events.message(message)
    })
    worker.on('error', error => {
      failure = error
    })
    worker.on('exit', exitCode => {
      endedThreads.add(threadId)
      events.ended(endOf(exitCode, failure, options.memoryMb))
    })
    worker.unref()
    return {
      name: `worker thread ${threadId}`,
      send: text => worker.postMessage(text),
      kill: () => void worker.terminate(),
      hold: () => worker.ref(),
      release: () => worker.unref(),
    }
  }
}

function endOf(exitCode: number, failure: unknown, memoryMb: number | undefined): WorkerEnd {
  if (failure === undefined)
    return { kind: 'ended', text: `ended with exit code ${exitCode}`, hint: EXIT_HINT }
  if (failure instanceof Error && 'code' in failure && failure.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const limit = memoryMb === undefined ? 'its JavaScript heap' : `its JavaScript heap of ${memoryMb} MB`
    return { kind: 'outOfMemory', text: `ran out of ${limit}`, cause: failure }
  }
  return {
    kind: 'ended',
    text: `ended by an error: ${failure instanceof Error ? failure.message : String(failure)}`,
    cause: failure,
  }
}

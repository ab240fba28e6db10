/** Starts a worker thread. */
import { setFlagsFromString } from 'node:v8'
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
 * When a thread's heap is full, Node grants it 16 MB more to end in. One collection of a larger young generation can
 * move more than that, and V8 then ends the whole process.
 */
const YOUNG_GENERATION_MB = 24

/**
 * Maglev's on-stack replacement compiles some loops without the check by which terminate() stops them (seen with Node
 * 24.21 in `for (;;) kept.push(new Array(1000).fill(i++))`); Turbofan's keeps it. Setting the count out of reach is safe
 * in a process that runs already; `--no-maglev-osr` is not: V8 ends the process where a loop had asked for it.
 */
export const STOPPABLE_LOOPS_FLAG = '--invocation-count-for-maglev-osr=1000000'

/**
 * A thread shares this process: a crash in native code takes the driver with it, and so does a single allocation far
 * past the heap's limit (a Map or array of half the heap that doubles), for which V8 knows no other answer.
 */
export function threadStarter(options: StartOptions): StartWorker {
  setFlagsFromString(STOPPABLE_LOOPS_FLAG)
  return events => {
    const worker = new Worker(options.entry, {
      argv: [JSON.stringify(options.settings)],
      execArgv: workerFlags(options.entry),
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
        ...(options.memoryMb === undefined ? {} : { maxOldGenerationSizeMb: options.memoryMb }),
      },
    })
    // It is -1 once the thread has ended.
    const { threadId } = worker
    let failure: unknown
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

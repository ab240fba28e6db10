/** ExecutionEnvironment: one OS process that runs a function's handler, one invocation at a time. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type RuntimeAnswer, RuntimeApi } from './runtime-api.ts'

/** What the log tail of an answer holds at most, before it is base64. */
const LOG_TAIL_BYTES = 4096
const WATCH_MEMORY_MS = 100
const PAGE_BYTES = 4096
/** A third of the memory is for what is not on the JavaScript heap, as the managed runtime has it. */
const HEAP_SHARE = 2 / 3

export interface FunctionConfig {
  readonly name: string
  /** File and export: `index.handler` is `handler` of `index.mjs`. */
  readonly handler: string
  readonly memoryMb: number
  /** Of one invocation, initialisation apart. */
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string>>
}

export interface InvocationOutcome {
  /** Undefined where the handler returned. As the service names it: the function failed, or its environment did. */
  readonly functionError?: 'Unhandled'
  readonly payload: Uint8Array
  readonly logTail: string
  readonly cold: boolean
}

export interface EnvironmentOptions {
  readonly config: FunctionConfig
  /** Where the package is unpacked. */
  readonly taskRoot: string
  readonly region: string
  readonly arn: string
  /** The script, and its arguments, that runs the handler and speaks the Runtime API. Default: `bootstrap.mjs`. */
  readonly runtime?: readonly string[]
  /** It does not keep this process alive, and ends with it: so it is not frozen between two invocations. */
  readonly inBackground?: boolean
}

/** What becomes of an invocation: its environment may be ended in the middle of it. */
type End =
  | { readonly kind: 'answer'; readonly answer: RuntimeAnswer }
  | { readonly kind: 'exit' | 'time-out' }

export class ExecutionEnvironment {
  readonly #options: EnvironmentOptions
  readonly #api: RuntimeApi
  readonly #child: ChildProcess
  readonly #exit: Promise<void>
  readonly #startedAt = performance.now()
  #log = ''
  #peakBytes = 0
  #hasRun = false
  #isGone = false

  private constructor(options: EnvironmentOptions, api: RuntimeApi) {
    this.#options = options
    this.#api = api
    const { config, taskRoot, region } = options
    const heap = `--max-old-space-size=${Math.floor(config.memoryMb * HEAP_SHARE)}`
    const bootstrap = [BOOTSTRAP, ...(options.inBackground ? ['ends-with-input'] : [])]
    this.#child = spawn(process.execPath, [heap, ...(options.runtime ?? bootstrap)], {
      stdio: [options.inBackground ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      cwd: taskRoot,
      // Ctrl-C is for the driver: what it then still asks for must be answered.
      detached: options.inBackground === true,
      env: {
        PATH: process.env['PATH'],
        LANG: 'en_US.UTF-8',
        TZ: ':UTC',
        ...config.environment,
        AWS_LAMBDA_RUNTIME_API: api.address,
        AWS_LAMBDA_FUNCTION_NAME: config.name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMb),
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${config.name}`,
        AWS_LAMBDA_LOG_STREAM_NAME: '[$LATEST]local',
        AWS_REGION: region,
        LAMBDA_TASK_ROOT: taskRoot,
        _HANDLER: config.handler,
      },
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (bytes: Uint8Array) => this.#print(Buffer.from(bytes).toString()))
    }
    if (options.inBackground) {
      this.#child.unref()
      const { stdin, stdout, stderr } = this.#child
      for (const stream of [stdin, stdout, stderr]) (stream as Socket | null)?.unref()
    }
    this.#child.on('error', error => this.#print(`${error.message}\n`))
    this.#exit = new Promise(resolve => {
      const gone = (): void => {
        this.#isGone = true
        api.close()
        resolve()
      }
      this.#child.once('exit', gone)
      this.#child.once('error', gone)
    })
  }

  static async start(options: EnvironmentOptions): Promise<ExecutionEnvironment> {
    return new ExecutionEnvironment(options, await RuntimeApi.listen(options))
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** It has ended and runs nothing any more. */
  get isGone(): boolean {
    return this.#isGone
  }

  /** To be called one at a time. */
  async run(id: string, payload: Uint8Array): Promise<InvocationOutcome> {
    const { config, arn } = this.#options
    const cold = !this.#hasRun
    this.#hasRun = true
    this.#log = ''
    const failedInit = await Promise.race([this.#api.ready, this.#exit.then(() => null)])
    const initMs = cold ? performance.now() - this.#startedAt : null
    // Frozen since its last answer.
    this.#child.kill('SIGCONT')
    const begunAt = performance.now()
    this.#print(`START RequestId: ${id} Version: $LATEST\n`)
    const memory = setInterval(() => void this.#watchMemory(), WATCH_MEMORY_MS)
    let end: End
    try {
      end =
        failedInit === null
          ? await this.#endOf({ id, payload, deadlineMs: Date.now() + config.timeoutMs, arn })
          : { kind: 'answer', answer: failedInit }
    } finally {
      clearInterval(memory)
    }
    if (end.kind === 'time-out') await this.kill()
    await this.#watchMemory()
    const ranMs = performance.now() - begunAt
    const outcome = this.#outcomeOf(end, id)
    this.#print(`END RequestId: ${id}\n${this.#report(id, ranMs, initMs)}\n`)
    if (!this.#isGone && !this.#options.inBackground) this.#child.kill('SIGSTOP')
    return { ...outcome, logTail: this.#log, cold }
  }

  /** Resolves when the process is no more. */
  async kill(): Promise<void> {
    this.killNow()
    await this.#exit
  }

  /** For when this process ends by itself. */
  killNow(): void {
    this.#child.kill('SIGKILL')
  }

  async #endOf(invocation: Parameters<RuntimeApi['invoke']>[0]): Promise<End> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<End>(resolve => {
      timer = setTimeout(() => resolve({ kind: 'time-out' }), this.#options.config.timeoutMs)
    })
    const exited = this.#exit.then((): End => ({ kind: 'exit' }))
    const answered = this.#api.invoke(invocation).then((answer): End => ({ kind: 'answer', answer }))
    try {
      return await Promise.race([answered, exited, late])
    } finally {
      clearTimeout(timer)
    }
  }

  #outcomeOf(end: End, id: string): Pick<InvocationOutcome, 'functionError' | 'payload'> {
    if (end.kind === 'answer') {
      const { kind, payload } = end.answer
      return kind === 'response' ? { payload } : { functionError: 'Unhandled', payload }
    }
    const error =
      end.kind === 'time-out'
        ? timedOut(id, this.#options.config.timeoutMs)
        : exited(id, this.#child.exitCode, this.#child.signalCode)
    this.#print(`${error.errorMessage}\n`)
    return { functionError: 'Unhandled', payload: Buffer.from(JSON.stringify(error)) }
  }

  #report(id: string, ranMs: number, initMs: number | null): string {
    const { memoryMb } = this.#options.config
    const usedMb = Math.min(memoryMb, Math.ceil(this.#peakBytes / 2 ** 20))
    const parts = [
      `REPORT RequestId: ${id}`,
      `Duration: ${ranMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(ranMs + (initMs ?? 0))} ms`,
      `Memory Size: ${memoryMb} MB`,
      `Max Memory Used: ${usedMb} MB`,
      ...(initMs === null ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
    ]
    return parts.join('\t')
  }

  /** A process that takes more than its memory is killed without a word. */
  async #watchMemory(): Promise<void> {
    const pages = await readFile(`/proc/${this.#child.pid}/statm`, 'latin1').catch(() => '')
    const bytes = Number(pages.split(' ')[1] ?? 0) * PAGE_BYTES
    this.#peakBytes = Math.max(this.#peakBytes, bytes)
    if (bytes > this.#options.config.memoryMb * 2 ** 20) this.#child.kill('SIGKILL')
  }

  #print(text: string): void {
    const bytes = Buffer.from(this.#log + text)
    this.#log = bytes.subarray(Math.max(0, bytes.byteLength - LOG_TAIL_BYTES)).toString()
  }
}

const BOOTSTRAP = fileURLToPath(new URL('bootstrap.mjs', import.meta.url))

interface SandboxError {
  readonly errorType: string
  readonly errorMessage: string
}

const timedOut = (id: string, timeoutMs: number): SandboxError => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${id} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
})

function exited(id: string, code: number | null, signal: NodeJS.Signals | null): SandboxError {
  const how = signal === null ? `exit status ${code}` : `signal: ${SIGNAL_WORDS[signal] ?? signal}`
  return {
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${id} Error: Runtime exited with error: ${how}`,
  }
}

const SIGNAL_WORDS: Partial<Record<NodeJS.Signals, string>> = {
  SIGKILL: 'killed',
  SIGABRT: 'aborted',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
}

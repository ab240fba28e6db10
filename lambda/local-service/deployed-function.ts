/** DeployedFunction: a function's unpacked package and its execution environments. */
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ExecutionEnvironment, type FunctionConfig, type InvocationOutcome } from './execution-environment.ts'
import { unpackZip } from './unpack-zip.ts'

export interface FunctionToDeploy extends FunctionConfig {
  /** The deployment package, as it would be uploaded. */
  readonly zip: Uint8Array
  /** Environments at once, taken from those of the account. Default: as many as are left there. */
  readonly reservedConcurrency?: number
}

export interface FunctionOptions {
  readonly region: string
  readonly account: string
  readonly runtime?: readonly string[]
  readonly inBackground?: boolean
}

/** An invocation that runs, and the means to kill its environment in the middle. */
export interface RunningInvocation {
  readonly outcome: Promise<InvocationOutcome>
  kill(): Promise<void>
}

export class DeployedFunction {
  readonly config: FunctionToDeploy
  readonly arn: string
  readonly #options: FunctionOptions
  readonly #taskRoot: string
  readonly #idle: ExecutionEnvironment[] = []
  readonly #busy = new Set<ExecutionEnvironment>()
  /** Environments that are being started. */
  #starting = 0
  /** Environments started so far. */
  started = 0

  private constructor(config: FunctionToDeploy, options: FunctionOptions, taskRoot: string) {
    this.config = config
    this.#options = options
    this.#taskRoot = taskRoot
    this.arn = `arn:aws:lambda:${options.region}:${options.account}:function:${config.name}`
  }

  static async deploy(config: FunctionToDeploy, options: FunctionOptions): Promise<DeployedFunction> {
    const taskRoot = await mkdtemp(join(tmpdir(), 'dunlin-function-'))
    await unpackZip(config.zip, taskRoot)
    return new DeployedFunction(config, options, taskRoot)
  }

  /** Invocations that run now. */
  get concurrency(): number {
    return this.#busy.size + this.#starting
  }

  /** Whether all that may run at once do. */
  get isFull(): boolean {
    const { reservedConcurrency } = this.config
    return reservedConcurrency !== undefined && this.concurrency >= reservedConcurrency
  }

  /** In an environment that waits for work, or in a new one. */
  async begin(id: string, payload: Uint8Array): Promise<RunningInvocation> {
    const environment = await this.#take()
    const outcome = environment.run(id, payload).finally(() => {
      this.#busy.delete(environment)
      // The last one used is the first one used again.
      if (!environment.isGone) this.#idle.push(environment)
    })
    return { outcome, kill: () => environment.kill() }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#idle, ...this.#busy].map(environment => environment.kill()))
    await rm(this.#taskRoot, { recursive: true, force: true })
  }

  /** As `close`, for when this process ends by itself: nothing can be waited for any more. */
  closeNow(): void {
    for (const environment of [...this.#idle, ...this.#busy]) environment.killNow()
    rmSync(this.#taskRoot, { recursive: true, force: true })
  }

  async #take(): Promise<ExecutionEnvironment> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isGone) continue
      this.#busy.add(idle)
      return idle
    }
    this.#starting++
    this.started++
    try {
      const environment = await ExecutionEnvironment.start({
        ...this.#options,
        config: this.config,
        taskRoot: this.#taskRoot,
        arn: this.arn,
      })
      this.#busy.add(environment)
      return environment
    } finally {
      this.#starting--
    }
  }
}

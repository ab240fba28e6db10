/** A driver process as its killer sees it: told what to do, watched, struck, and asked what has become of it. */
import { type ChildProcess, execFile, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { DriverEnd, DriverSettings, FromDriver, ToDriver } from './driver-message.ts'

const DRIVER = fileURLToPath(new URL('./driver.ts', import.meta.url))

export class DriverProcess {
  readonly pid: number
  /** Settles when it has gone, however. */
  readonly gone: Promise<void>
  readonly #child: ChildProcess
  readonly #ready = Promise.withResolvers<void>()
  #ended = Promise.withResolvers<DriverEnd | null>()
  #heard = 0
  #onEvent: (heard: number, type: string) => void = () => {}
  #stderr = ''

  constructor(settings: DriverSettings) {
    this.#child = fork(DRIVER, [JSON.stringify(settings)], {
      execArgv: ['--conditions=development'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.pid = this.#child.pid!
    this.#child.stderr?.on('data', (bytes: Buffer) => {
      this.#stderr = (this.#stderr + bytes.toString()).slice(-4000)
    })
    this.#child.on('message', message => this.#receive(message as FromDriver))
    this.gone = new Promise(resolve => {
      this.#child.on('exit', () => {
        this.#ready.reject(new Error(`a driver ended before it was ready: ${this.#stderr}`))
        this.#ended.resolve(null)
        resolve()
      })
    })
    this.#ready.promise.catch(() => {})
  }

  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Events of the job heard so far. */
  get heard(): number {
    return this.#heard
  }

  /** What it has printed last, for the report of a failure. */
  get stderr(): string {
    return this.#stderr
  }

  /**
   * How the job ended for this driver; null where the driver has gone before.
   *
   * @param onEvent called with the number of each event of the job, from 1
   */
  async tell(
    message: Exclude<ToDriver, { verb: 'leave' }>,
    onEvent: (heard: number, type: string) => void = () => {},
  ): Promise<DriverEnd | null> {
    await this.ready
    this.#ended = Promise.withResolvers()
    this.#heard = 0
    this.#onEvent = onEvent
    // Where it has gone meanwhile there is nobody who could be told.
    this.#child.send(message satisfies ToDriver, () => {})
    return Promise.race([this.#ended.promise, this.gone.then(() => null)])
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name)
  }

  async leave(): Promise<void> {
    if (this.#child.connected) this.#child.send({ verb: 'leave' } satisfies ToDriver)
    await this.gone
  }

  /** The processes that it has started. */
  async workers(): Promise<number[]> {
    // pgrep ends with 1 where there are none.
    const found = await run('pgrep', ['-P', String(this.pid)]).catch(() => ({ stdout: '' }))
    return found.stdout.split('\n').filter(Boolean).map(Number)
  }

  #receive(message: FromDriver): void {
    if ('ready' in message) this.#ready.resolve()
    else if ('end' in message) this.#ended.resolve(message.end)
    else this.#onEvent(++this.#heard, message.event)
  }
}

const run = promisify(execFile)

/** Processes whose command line names `text`, but for those that have ended and are only waiting to be noticed. */
export async function processesNaming(text: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,stat=,args='], { maxBuffer: 1 << 26 })
  return stdout.split('\n').filter(line => line.includes(text) && !/^\s*\d+\s+Z/.test(line))
}

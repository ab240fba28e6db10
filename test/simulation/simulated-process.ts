/** SimulatedProcess: a driver or worker that can be killed, paused and resumed, and whose clock may be wrong. */
import type { Clock } from '../../src/ports/ports.ts'
import type { VirtualTime } from './virtual-time.ts'

/** A request that the process has sent and that has not arrived. */
export interface SentRequest {
  /** Its sender was killed: it may be lost on its way. */
  senderKilled(): void
}

export interface StepAct {
  readonly step: number
  readonly moment: 'before' | 'after'
  readonly act: () => void
}

export class SimulatedProcess {
  readonly name: string
  readonly clock: Clock
  readonly #time: VirtualTime
  readonly #requests = new Set<SentRequest>()
  readonly #killed: (() => void)[] = []
  #state: 'running' | 'paused' | 'killed' = 'running'
  #held: (() => void)[] = []
  /** Requests begun so far. */
  steps = 0
  /** What happens to it at one of its requests: before that is sent, or when it has taken effect. */
  atStep: StepAct | null = null
  /** How wrong its clock is. Its timers are right: they measure by another. */
  skewMs = 0
  /** How many times longer everything takes it. */
  slowness = 1

  constructor(name: string, time: VirtualTime) {
    this.name = name
    this.#time = time
    this.clock = {
      now: () => time.nowMs + this.skewMs,
      after: (delayMs, callback) => time.after(delayMs, () => this.deliver(callback)),
      soon: callback => void time.after(0, () => this.deliver(callback)),
    }
  }

  get isKilled(): boolean {
    return this.#state === 'killed'
  }

  get isPaused(): boolean {
    return this.#state === 'paused'
  }

  /** Something reaches the process: a killed one never hears of it, a paused one when it goes on. */
  deliver(callback: () => void): void {
    if (this.#state === 'running') callback()
    else if (this.#state === 'paused') this.#held.push(callback)
  }

  /** Nothing runs in it from now on, and what it has sent may be lost. */
  kill(): void {
    if (this.#state === 'killed') return
    this.#state = 'killed'
    this.#held = []
    for (const request of this.#requests) request.senderKilled()
    for (const callback of this.#killed) callback()
  }

  /** A request is about to be sent; gives its number. */
  beginStep(): number {
    this.steps++
    if (this.atStep?.step === this.steps && this.atStep.moment === 'before') this.atStep.act()
    return this.steps
  }

  /** A request has taken effect. */
  endStep(step: number): void {
    if (this.atStep?.step === step && this.atStep.moment === 'after') this.atStep.act()
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    const held = this.#held
    this.#held = []
    // Each in a turn of its own, like everything that reaches a process.
    for (const callback of held) this.#time.after(0, () => this.deliver(callback))
  }

  onKill(callback: () => void): void {
    this.#killed.push(callback)
  }

  sent(request: SentRequest): void {
    this.#requests.add(request)
  }

  arrived(request: SentRequest): void {
    this.#requests.delete(request)
  }
}

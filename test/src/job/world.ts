/** World: plays compute, timers and the person at the keyboard for the state machine, as a tape of numbers says. */
import type { Stage } from '../../../planner/index.ts'
import type { Command } from '../../../src/job/command.ts'
import type { TimerId } from '../../../src/job/driver-event.ts'
import { type BackendFacts, slotsWanted } from '../../../src/job/state.ts'
import type { TaskResult, TaskSuccess } from '../../../src/task/task-event.ts'
import { Machine } from './machine.ts'
import { failure, NUMBERS, success } from './plans.ts'

/** How many rows a task gives: any numbers, as long as they are the same for every attempt. */
export const rowsOf = (stage: number, task: number): number => (stage * 7 + task * 3) % 5

/** How much time passes between two things that happen. */
const LONGEST_STEP_MS = 6_000

interface Attempt {
  readonly stage: number
  /** Null: the manifest. */
  readonly task: number | null
  readonly attempt: number
  cancelled: boolean
}

/** What can go wrong, and how often: `n` of 16 answers. */
export interface Faults {
  readonly lost: number
  readonly throttled: number
  readonly fatal: number
  readonly outOfMemory: number
  readonly duplicated: number
  readonly cancelAfter: number | null
}

export class World {
  readonly machine: Machine
  readonly launched: Attempt[] = []
  /** Launched, and not answered yet. */
  readonly open: Attempt[] = []
  readonly answered: { readonly attempt: Attempt; readonly result: TaskResult }[] = []
  readonly timers: { readonly id: TimerId; readonly at: number }[] = []
  granted = 0
  returned = 0
  /** What was wrong at the moment that it happened. */
  readonly breaches: string[] = []
  readonly #stages: readonly Stage[]
  readonly #faults: Faults
  readonly #tape: readonly number[]
  #at = 0

  constructor(
    stages: readonly Stage[],
    faults: Faults,
    tape: readonly number[],
    backend: Partial<BackendFacts> = {},
  ) {
    this.#stages = stages
    this.#faults = faults
    this.#tape = tape
    this.machine = new Machine(stages, { retries: 3 }, backend)
  }

  /** Runs until the job has ended or nothing more can happen. */
  run(): void {
    this.#take(this.machine.start())
    for (let step = 0; this.machine.outcome === undefined && step < 20_000; step++) {
      if (step === this.#faults.cancelAfter) {
        this.#take(this.machine.tell({ type: 'cancelRequested', reason: 'a whim' }))
      }
      if (!this.#oneThing()) return
    }
  }

  /** One of the things that can happen now; false where there is none. */
  #oneThing(): boolean {
    const things: (() => void)[] = []
    const wanted = slotsWanted(this.machine.state)
    if (wanted > 0) things.push(() => this.#grant(wanted))
    if (this.open.length > 0)
      things.push(
        () => this.#answer(),
        () => this.#answer(),
      )
    if (this.#waiting.length > 0) things.push(() => this.#fire())
    if (this.answered.length > 0 && this.#faults.duplicated > 0 && things.length > 0) {
      if (this.#next(16) < this.#faults.duplicated) things.push(() => this.#repeat())
    }
    if (things.length === 0) return false
    things[this.#next(things.length)]!()
    this.machine.now += this.#next(LONGEST_STEP_MS)
    return true
  }

  get #waiting() {
    return this.timers.filter(t => t.id.kind !== 'grace')
  }

  #next(below: number): number {
    const n = this.#tape.length === 0 ? 0 : this.#tape[this.#at++ % this.#tape.length]!
    // The tape goes round: on each round it says something else.
    return (n + Math.floor(this.#at / Math.max(1, this.#tape.length)) * 7) % below
  }

  #grant(wanted: number): void {
    const count = 1 + this.#next(wanted + 1)
    this.granted += count
    this.#take(this.machine.grant(count))
  }

  #answer(): void {
    const [attempt] = this.open.splice(this.#next(this.open.length), 1)
    const result = this.#resultOf(attempt!)
    this.answered.push({ attempt: attempt!, result })
    this.#tell(attempt!, result)
  }

  #repeat(): void {
    const { attempt, result } = this.answered[this.#next(this.answered.length)]!
    this.#tell(attempt, result)
  }

  #fire(): void {
    const timer = this.#waiting[this.#next(this.#waiting.length)]!
    this.timers.splice(this.timers.indexOf(timer), 1)
    this.machine.now = Math.max(this.machine.now, timer.at)
    this.#take(this.machine.tell({ type: 'timerFired', id: timer.id }))
  }

  #tell({ stage, task, attempt }: Attempt, result: TaskResult): void {
    if (task === null) this.#take(this.machine.writeManifest(stage, result, attempt))
    else this.#take(this.machine.finish(stage, task, result, attempt))
  }

  #resultOf({ stage, task, attempt, cancelled }: Attempt): TaskResult {
    const { lost, throttled, fatal, outOfMemory } = this.#faults
    const luck = this.#next(16)
    if (cancelled && luck % 2 === 0) return failure('CANCELLED')
    if (luck < lost) return failure('WORKER_LOST', { retryable: true })
    if (luck < lost + throttled) return failure('THROTTLED', { retryable: true })
    if (luck < lost + throttled + fatal) return failure('BAD_RECORD')
    if (luck >= 16 - outOfMemory) return failure('OUT_OF_MEMORY', { retryable: true })
    return this.#committed(stage, task, attempt)
  }

  /** What is read of a stage is shared out among the tasks that read it: all to the last task. */
  #committed(stage: number, task: number | null, attempt: number): TaskSuccess {
    const plan = this.#stages[stage]!
    const isLast = task === plan.tasks - 1
    const rowsIn = isLast
      ? plan.inputs.reduce((sum, i) => sum + (i.kind === 'exchange' ? this.#given(i.from) : 0), 0)
      : 0
    return success({ attempt, rowsIn, rowsOut: task === null ? 0 : rowsOf(stage, task), schema: NUMBERS })
  }

  #given(stage: number): number {
    return this.machine.state.stages.get(stage).prefix.rows
  }

  #take(commands: readonly Command[]): void {
    for (const command of commands) {
      switch (command.type) {
        case 'launchTask':
          this.#launch({
            stage: command.stage,
            task: command.task,
            attempt: command.attempt,
            cancelled: false,
          })
          break
        case 'launchManifest':
          this.#launch({ stage: command.stage, task: null, attempt: command.attempt, cancelled: false })
          break
        case 'cancelAttempt': {
          const { stage, task, attempt } = command
          const open = this.open.find(a => a.stage === stage && a.task === task && a.attempt === attempt)
          if (open !== undefined) open.cancelled = true
          break
        }
        case 'startTimer':
          this.timers.push({ id: command.id, at: this.machine.now + command.delayMs })
          break
        case 'returnSlots':
          this.returned += command.count
          break
      }
    }
  }

  #launch(attempt: Attempt): void {
    if (this.launched.length + 1 + this.returned > this.granted) this.breaches.push('launched without a slot')
    for (const input of this.#stages[attempt.stage]!.inputs) {
      if (input.kind === 'exchange' && this.machine.state.stages.get(input.from).phase !== 'finished') {
        this.breaches.push(`stage ${attempt.stage} launched before stage ${input.from} had finished`)
      }
    }
    const same = (a: Attempt): boolean =>
      a.stage === attempt.stage && a.task === attempt.task && a.attempt === attempt.attempt
    if (this.launched.some(same)) this.breaches.push('an attempt number was used twice')
    const beside = this.open.filter(a => a.stage === attempt.stage && a.task === attempt.task && !a.cancelled)
    if (beside.length > 1) this.breaches.push('three attempts of a task ran at once')
    if (this.open.length >= this.machine.state.backend.slots) this.breaches.push('more attempts than slots')
    this.launched.push(attempt)
    this.open.push(attempt)
  }

  /** Launches of tasks, as they were told. */
  get started() {
    return this.machine.commands.flatMap(c =>
      c.type === 'emit' && c.event.type === 'taskStarted' ? [c.event] : [],
    )
  }

  /** How often each task was told to have committed. */
  get commits(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const c of this.machine.commands) {
      if (c.type !== 'emit' || c.event.type !== 'taskCommitted') continue
      const key = `${c.event.stage}/${c.event.task}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    return counts
  }
}

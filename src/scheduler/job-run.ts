/** JobRun: one job's event loop; it feeds the state machine and does what the machine commands. */
import { DunlinError, type Failure, type Schema, toFailure } from '../../operators/index.ts'
import type { Planned, StageId } from '../../planner/index.ts'
import type { Timer } from '../engine/ports.ts'
import { withFirstFailure } from '../events/first-failures.ts'
import { advance } from '../job/advance.ts'
import type { Command, Outcome } from '../job/command.ts'
import { createJob } from '../job/create-job.ts'
import type { DriverEvent } from '../job/driver-event.ts'
import { type JobState, slotsWanted } from '../job/state.ts'
import type { TaskEvent, TaskResult, TaskSuccess } from '../task/task-event.ts'
import { ConcurrencyLimit, type SlotShare } from './concurrency-limit.ts'
import { EventOutlet } from './event-outlet.ts'
import { InFlight } from './in-flight.ts'
import { KeptResults } from './kept-results.ts'
import { RETRY_POLICY } from './policies/retry.ts'
import type { JobOutcome, JobResults, RunJobOptions, RunningJob } from './run-job.ts'
import { type JobFacts, type Launch, manifestTaskEvent, stageTaskEvent } from './task-events.ts'

/** Events handled before the rest of the process (timers, sockets, signals) has its turn. */
const EVENTS_A_TURN = 256
const NONCE_BYTES = 8

interface Growth {
  readonly planned: Planned
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

type LaunchCommand = Extract<Command, { type: 'launchTask' | 'launchManifest' }>

export class JobRun implements RunningJob {
  readonly outcome: Promise<JobOutcome>
  readonly #options: RunJobOptions
  readonly #facts: JobFacts
  /** The plan that each stage came with. */
  readonly #plans = new Map<StageId, Planned>()
  readonly #share: SlotShare
  readonly #inFlight: InFlight
  readonly #kept = new KeptResults()
  readonly #outlet: EventOutlet
  readonly #timers = new Set<Timer>()
  readonly #growth = new Map<DriverEvent, Growth>()
  readonly #settled = Promise.withResolvers<JobOutcome>()
  #state: JobState
  #queue: DriverEvent[] = []
  #turnIsDue = false
  #finished = false

  constructor(options: RunJobOptions) {
    const { job, name, engine, planned, retries = RETRY_POLICY.retries, concurrency, signal } = options
    this.#options = options
    this.outcome = this.#settled.promise
    this.#facts = { job, store: engine.store.uri, seed: options.seed }
    this.#inFlight = new InFlight(engine.compute, engine.clock)
    this.#outlet = new EventOutlet({
      clock: engine.clock,
      onEvent: options.onEvent,
      released: () => this.#askForTurn(),
      failed: failure => this.#tell({ type: 'driverFailed', failure }),
    })
    const limit = options.limit ?? new ConcurrencyLimit(engine.compute.slots)
    this.#share = limit.join({
      ...(concurrency === undefined ? {} : { most: concurrency }),
      granted: count => this.#tell({ type: 'slotsGranted', count }),
    })
    this.#state = createJob(
      { job: { id: job, name, engine: engine.name }, policy: { ...RETRY_POLICY, retries } },
      planned.plan.stages,
    )
    this.#remember(planned)
    this.#tell({ type: 'started' })
    if (signal?.aborted) this.#aborted()
    else signal?.addEventListener('abort', this.#aborted, { once: true })
  }

  addStages(planned: Planned): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const event: DriverEvent = { type: 'stagesAdded', stages: planned.plan.stages }
    if (this.#finished) reject(this.#over())
    else {
      this.#growth.set(event, { planned, resolve, reject })
      this.#tell(event)
    }
    return promise
  }

  readonly #aborted = (): void => {
    const reason: unknown = this.#options.signal?.reason
    this.#tell({ type: 'cancelRequested', reason: reason instanceof Error ? reason.message : String(reason) })
  }

  #remember(planned: Planned): void {
    for (const stage of planned.plan.stages) this.#plans.set(stage.id, planned)
  }

  #tell(event: DriverEvent): void {
    if (this.#finished) return
    this.#queue.push(event)
    this.#askForTurn()
  }

  #askForTurn(): void {
    if (this.#turnIsDue) return
    this.#turnIsDue = true
    this.#options.engine.clock.soon(() => {
      this.#turnIsDue = false
      this.#turn()
    })
  }

  #turn(): void {
    if (this.#finished) return
    const events = this.#queue
    this.#queue = []
    let done = 0
    try {
      while (done < events.length && done < EVENTS_A_TURN && this.#goesOn()) this.#take(events[done++]!)
    } catch (error) {
      this.#end({ state: 'failed', failure: toFailure(error) }, this.#state.failures)
    }
    if (this.#finished) return
    if (done < events.length) this.#queue = [...events.slice(done), ...this.#queue]
    // A listener that holds the job back asks for the next turn when it is done.
    if (this.#queue.length > 0 && !this.#isHeld()) this.#askForTurn()
    this.#share.want(slotsWanted(this.#state))
  }

  /** A job that is being cancelled waits for no listener. */
  #isHeld(): boolean {
    return this.#outlet.isHeld && this.#options.signal?.aborted !== true
  }

  #goesOn(): boolean {
    return !this.#finished && !this.#isHeld()
  }

  #take(event: DriverEvent): void {
    const growth = this.#growth.get(event)
    this.#growth.delete(event)
    let commands: readonly Command[]
    try {
      ;[this.#state, commands] = advance(this.#state, event)
    } catch (error) {
      if (growth === undefined) throw error
      growth.reject(error)
      return
    }
    if (growth !== undefined) {
      this.#remember(growth.planned)
      growth.resolve()
    }
    for (const command of commands) this.#do(command)
  }

  #do(command: Command): void {
    switch (command.type) {
      case 'launchTask':
      case 'launchManifest':
        this.#launch(command)
        break
      case 'startTimer':
        this.#startTimer(command.delayMs, { type: 'timerFired', id: command.id })
        break
      case 'cancelAttempt':
        this.#inFlight.cancel(callId(command.stage, command.task, command.attempt))
        break
      case 'returnSlots':
        this.#share.release(command.count)
        break
      case 'keepResult':
        this.#kept.keep(command.stage, command.task, command.result)
        break
      case 'emit':
        this.#outlet.emit(command.event)
        break
      case 'finishJob':
        this.#end(command.outcome, command.failures)
        break
    }
  }

  #launch(command: LaunchCommand): void {
    const { clock, random } = this.#options.engine
    const { stage: id, attempt } = command
    const task = command.type === 'launchTask' ? command.task : null
    const { stage } = this.#state.stages.get(this.#state.positions.get(id)!)
    const hasDeadline = Number.isFinite(stage.timeoutMs)
    const launch: Launch = {
      attempt,
      nonce: random.hex(NONCE_BYTES),
      deadline: hasDeadline ? clock.now() + stage.timeoutMs : null,
    }
    const answered = (result: TaskResult): void => {
      const answer = { stage: id, attempt, result, jitter: random.next() }
      if (task === null) this.#tell({ type: 'manifestFinished', ...answer })
      else this.#tell({ type: 'taskFinished', task, ...answer })
    }
    const freed = (): void => {
      if (!this.#finished) this.#share.release(1)
    }
    let event: TaskEvent
    try {
      event = this.#taskEvent(command, launch)
    } catch (error) {
      freed()
      answered({ ok: false, failure: toFailure(error) })
      return
    }
    this.#inFlight.launch(callId(id, task, attempt), event, { timeoutMs: stage.timeoutMs, answered, freed })
  }

  #taskEvent(command: LaunchCommand, launch: Launch): TaskEvent {
    const planned = this.#plans.get(command.stage)!
    if (command.type === 'launchTask') {
      const { stage } = this.#state.stages.get(this.#state.positions.get(command.stage)!)
      return stageTaskEvent(this.#facts, planned, stage, command.task, launch)
    }
    const { tasks, partitions, rows, schema } = command
    return manifestTaskEvent(this.#facts, planned, command.stage, { tasks, partitions, rows, schema }, launch)
  }

  #startTimer(delayMs: number, event: DriverEvent): void {
    const timer = this.#options.engine.clock.after(delayMs, () => {
      this.#timers.delete(timer)
      this.#tell(event)
    })
    this.#timers.add(timer)
  }

  #end(outcome: Outcome, failures: readonly Failure[]): void {
    this.#finish(outcome, failures).then(this.#settled.resolve, this.#settled.reject)
  }

  /** The outcome is settled: nothing is launched or waited for any more, but the output may still be published. */
  async #finish(outcome: Outcome, earlier: readonly Failure[]): Promise<JobOutcome> {
    this.#stop()
    const given = this.#results()
    let failure = this.#failureOf(outcome)
    let failures = earlier
    if (outcome.state === 'succeeded') {
      failure = await this.#publish(given)
      if (failure !== undefined) failures = withFirstFailure(failures, failure)
    }
    const state = outcome.state === 'succeeded' && failure !== undefined ? 'failed' : outcome.state
    const why = failure === undefined ? {} : { failure }
    await this.#outlet.end({ type: 'jobFinished', job: this.#options.job, state, ...why })
    return { state, ...why, failures, ...given, report: this.#outlet.report.parts() }
  }

  #stop(): void {
    this.#finished = true
    this.#options.signal?.removeEventListener('abort', this.#aborted)
    for (const timer of this.#timers) timer.cancel()
    this.#inFlight.abandon()
    this.#share.leave()
    this.#queue = []
    for (const { reject } of this.#growth.values()) reject(this.#over())
    this.#growth.clear()
  }

  #over(): DunlinError {
    return new DunlinError('INVALID_ARGUMENT', `job ${this.#options.job} has ended: it cannot grow`)
  }

  async #publish(given: JobResults): Promise<Failure | undefined> {
    try {
      const unheard = await this.#outlet.drain()
      if (unheard !== null) return unheard
      await this.#options.publish?.(given)
      return undefined
    } catch (error) {
      return toFailure(error)
    }
  }

  #failureOf(outcome: Outcome): Failure | undefined {
    if (outcome.state === 'failed') return outcome.failure
    if (outcome.state === 'succeeded') return undefined
    const { job } = this.#options
    const message = `job ${job} was cancelled: ${outcome.reason}`
    return { code: 'CANCELLED', message, retryable: false, place: { job }, causes: [] }
  }

  #results(): JobResults {
    const results = new Map<StageId, readonly TaskSuccess[]>()
    const schemas = new Map<StageId, Schema | null>()
    for (const { stage, prefix } of this.#state.stages) {
      if (stage.output.kind === 'exchange') continue
      results.set(stage.id, this.#kept.of(stage.id, stage.until === undefined ? stage.tasks : prefix.tasks))
      schemas.set(stage.id, prefix.schema)
    }
    return { results, schemas, deadLetters: this.#kept.deadLetters(this.#state.stages) }
  }
}

function callId(stage: StageId, task: number | null, attempt: number): string {
  return `${stage}/${task ?? 'manifest'}/${attempt}`
}

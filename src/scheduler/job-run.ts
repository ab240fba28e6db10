/** JobRun: one job's event loop; it feeds the state machine and does what the machine commands. */
import { type CountedFailure, DunlinError, type Failure, toFailure } from '../../operators/index.ts'
import type { Planned } from '../../planner/index.ts'
import type { Engine } from '../engine/engine.ts'
import { withFirstFailure } from '../events/first-failures.ts'
import type { Outcome } from '../events/job-event.ts'
import { ReportBuilder } from '../events/report.ts'
import { advance } from '../job/advance.ts'
import type { Command } from '../job/command.ts'
import { createJob } from '../job/create-job.ts'
import type { DriverEvent, Happening } from '../job/driver-event.ts'
import { failureOf } from '../job/ending.ts'
import { RETRY_POLICY } from '../job/policies/retry.ts'
import { type BackendFacts, type JobState, slotsWanted } from '../job/state.ts'
import type { Timer } from '../ports/ports.ts'
import { ConcurrencyLimit, type SlotShare } from './concurrency-limit.ts'
import { EventOutlet } from './event-outlet.ts'
import { KeptResults } from './kept-results.ts'
import { Launcher } from './launcher.ts'
import type { JobOutcome, JobResults, RunJobOptions, RunningJob } from './run-job.ts'
import { splitBytesOf } from './split-bytes.ts'

/** Events handled before the rest of the process (timers, sockets, signals) has its turn. */
const EVENTS_A_TURN = 256

interface Growth {
  readonly planned: Planned
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export class JobRun implements RunningJob {
  readonly outcome: Promise<JobOutcome>
  readonly #options: RunJobOptions
  readonly #share: SlotShare
  readonly #launcher: Launcher
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
    const {
      job,
      name,
      engine,
      planned,
      retries = RETRY_POLICY.retries,
      concurrency,
      maxCost,
      signal,
      epoch = 1,
    } = options
    this.#options = options
    this.outcome = this.#settled.promise
    this.#launcher = new Launcher({
      engine,
      facts: { job, store: engine.store.uri, seed: options.seed, epoch },
      answered: answer => void this.#tell(answer),
      freed: () => {
        if (!this.#finished) this.#share.release(1)
      },
    })
    this.#outlet = new EventOutlet({
      clock: engine.clock,
      report: options.report ?? new ReportBuilder(),
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
      {
        job: { id: job, name, engine: engine.name, epoch },
        policy: { ...RETRY_POLICY, retries },
        backend: backendFacts(engine),
        ...(maxCost === undefined ? {} : { maxCost }),
      },
      planned.plan.stages,
      {
        inputBytes: splitBytesOf(planned),
        ...(options.restored === undefined ? {} : { restored: options.restored }),
      },
    )
    for (const [stage, { results }] of options.restored?.stages ?? []) {
      for (const [task, result] of results) this.#kept.keep(stage, task, result)
    }
    this.#launcher.remember(planned)
    this.#tell({ type: 'started' })
    if (signal?.aborted) this.#aborted()
    else signal?.addEventListener('abort', this.#aborted, { once: true })
  }

  addStages(planned: Planned): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { stages } = planned.plan
    const event = this.#tell({ type: 'stagesAdded', stages, inputBytes: splitBytesOf(planned) })
    if (event === null) reject(this.#over())
    else this.#growth.set(event, { planned, resolve, reject })
    return promise
  }

  readonly #aborted = (): void => {
    const reason: unknown = this.#options.signal?.reason
    this.#tell({ type: 'cancelRequested', reason: reason instanceof Error ? reason.message : String(reason) })
  }

  /** Null where the job is over, and nobody hears it. */
  #tell(happening: Happening): DriverEvent | null {
    if (this.#finished) return null
    const event = { ...happening, now: this.#options.engine.clock.now() }
    this.#queue.push(event)
    this.#askForTurn()
    return event
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
      this.#launcher.remember(growth.planned)
      growth.resolve()
    }
    for (const command of commands) this.#do(command)
  }

  #do(command: Command): void {
    switch (command.type) {
      case 'launchTask':
      case 'launchManifest':
        this.#launcher.launch(
          command,
          this.#state.stages.get(this.#state.positions.get(command.stage)!).stage,
        )
        break
      case 'startTimer':
        this.#startTimer(command.delayMs, { type: 'timerFired', id: command.id })
        break
      case 'cancelAttempt':
        this.#launcher.cancel(command)
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

  #startTimer(delayMs: number, event: Happening): void {
    const timer = this.#options.engine.clock.after(delayMs, () => {
      this.#timers.delete(timer)
      this.#tell(event)
    })
    this.#timers.add(timer)
  }

  #end(outcome: Outcome, failures: readonly CountedFailure[]): void {
    this.#finish(outcome, failures).then(this.#settled.resolve, this.#settled.reject)
  }

  /** The outcome is settled: nothing is launched or waited for any more, but the output may still be published. */
  async #finish(outcome: Outcome, earlier: readonly CountedFailure[]): Promise<JobOutcome> {
    this.#stop()
    const given = this.#kept.resultsOf(this.#state.stages)
    let failure = failureOf(this.#options.job, outcome)
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
    this.#launcher.abandon()
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
}

function backendFacts({ compute, facts }: Engine): BackendFacts {
  const { slots, memorySizesMb, memoryIsTotal = false, ramp, speculates = false } = compute
  const { dollars } = facts
  const prices = dollars.priced === undefined ? {} : { prices: dollars }
  return { slots, memorySizesMb, memoryIsTotal, ramp: ramp ?? null, speculates, ...prices }
}

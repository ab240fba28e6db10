/** Launcher: makes the task events that the machine's launches ask for, and brings the answers back. */
import { toFailure } from '../../operators/index.ts'
import type { Planned, Stage, StageId } from '../../planner/index.ts'
import type { Engine } from '../engine/engine.ts'
import type { Command } from '../job/command.ts'
import type { Happening } from '../job/driver-event.ts'
import { manifestTimeoutMs } from '../job/policies/manifest-time.ts'
import type { TaskEvent, TaskResult } from '../task/task-event.ts'
import { InFlight } from './in-flight.ts'
import { type JobFacts, type Launch, manifestTaskEvent, stageTaskEvent } from './task-events.ts'

const NONCE_BYTES = 8

type LaunchCommand = Extract<Command, { type: 'launchTask' | 'launchManifest' }>
type CancelCommand = Extract<Command, { type: 'cancelAttempt' }>

export interface LauncherOptions {
  readonly engine: Engine
  readonly facts: JobFacts
  readonly answered: (answer: Happening) => void
  /** A launch has given its slot back. */
  readonly freed: () => void
}

export class Launcher {
  readonly #options: LauncherOptions
  readonly #inFlight: InFlight
  /** The plan that each stage came with. */
  readonly #plans = new Map<StageId, Planned>()

  constructor(options: LauncherOptions) {
    this.#options = options
    this.#inFlight = new InFlight(options.engine.compute, options.engine.clock)
  }

  remember(planned: Planned): void {
    for (const stage of planned.plan.stages) this.#plans.set(stage.id, planned)
  }

  launch(command: LaunchCommand, stage: Stage): void {
    const { clock, random } = this.#options.engine
    const { attempt, generation, memoryMb } = command
    const task = command.type === 'launchTask' ? command.task : null
    const { id } = stage
    const timeoutMs = command.type === 'launchTask' ? stage.timeoutMs : manifestTimeoutMs(command)
    const launchedAt = clock.now()
    const launch: Launch = {
      attempt,
      generation,
      nonce: random.hex(NONCE_BYTES),
      deadline: Number.isFinite(timeoutMs) ? launchedAt + timeoutMs : null,
    }
    const answered = (result: TaskResult): void => {
      const answer = { stage: id, attempt, result, jitter: random.next(), launchedAt, memoryMb }
      if (task === null) this.#options.answered({ type: 'manifestFinished', ...answer })
      else this.#options.answered({ type: 'taskFinished', task, ...answer })
    }
    const { freed } = this.#options
    let event: TaskEvent
    try {
      event = this.#taskEvent(command, stage, launch)
    } catch (error) {
      answered({ ok: false, failure: toFailure(error) })
      freed()
      return
    }
    this.#inFlight.launch(callId(id, task, attempt), event, { timeoutMs, memoryMb, answered, freed })
  }

  cancel({ stage, task, attempt }: CancelCommand): void {
    this.#inFlight.cancel(callId(stage, task, attempt))
  }

  /** For a job that has ended: whatever is in flight answers nobody. */
  abandon(): void {
    this.#inFlight.abandon()
  }

  #taskEvent(command: LaunchCommand, stage: Stage, launch: Launch): TaskEvent {
    const { facts } = this.#options
    const planned = this.#plans.get(stage.id)!
    if (command.type === 'launchTask') {
      const { task, exchanges } = command
      return stageTaskEvent(facts, planned, stage, task, { ...launch, exchanges })
    }
    const { tasks, generations, partitions, rows, schema } = command
    const producers = { tasks, generations, partitions, rows, schema }
    return manifestTaskEvent(facts, planned, stage.id, producers, launch)
  }
}

function callId(stage: StageId, task: number | null, attempt: number): string {
  return `${stage}/${task ?? 'manifest'}/${attempt}`
}

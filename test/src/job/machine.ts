/** Machine: drives the state machine in tests; every state is frozen to its depths before it is used. */
import type { Stage } from '../../../planner/index.ts'
import { advance } from '../../../src/job/advance.ts'
import type { Command } from '../../../src/job/command.ts'
import { type AboutStages, createJob } from '../../../src/job/create-job.ts'
import type { DriverEvent, Happening, TimerId } from '../../../src/job/driver-event.ts'
import { RETRY_POLICY, type RetryPolicy } from '../../../src/job/policies/retry.ts'
import type { BackendFacts, JobState } from '../../../src/job/state.ts'
import type { TaskResult } from '../../../src/task/task-event.ts'
import { id, reader, scan, success, toFiles, toPartitions } from './plans.ts'

/** One machine: all slots at once, one memory size, no second attempts. */
export const ONE_MACHINE: BackendFacts = {
  slots: 1_000,
  memorySizesMb: [512],
  memoryIsTotal: false,
  ramp: null,
  speculates: false,
}

export class Machine {
  state: JobState
  /** What the next event says of the time. */
  now = 1_000_000
  readonly events: DriverEvent[] = []
  readonly commands: Command[] = []
  readonly #launchedAt = new Map<string, number>()

  constructor(
    stages: readonly Stage[],
    policy: Partial<RetryPolicy> = {},
    backend: Partial<BackendFacts> = {},
    about: AboutStages = {},
    epoch = 1,
    maxCost?: number,
  ) {
    const options = {
      job: { id: 'job-1', name: 'test', engine: 'fake', epoch },
      policy: { ...RETRY_POLICY, ...policy },
      backend: { ...ONE_MACHINE, ...backend },
      ...(maxCost === undefined ? {} : { maxCost }),
    }
    this.state = deepFreeze(createJob(options, stages, about))
  }

  tell(happening: Happening): readonly Command[] {
    return this.hear({ ...happening, now: this.now })
  }

  hear(event: DriverEvent): readonly Command[] {
    this.events.push(deepFreeze(event))
    const [state, commands] = advance(this.state, event)
    for (const command of commands) {
      if (command.type === 'launchTask' || command.type === 'launchManifest')
        this.#launchedAt.set(launches([command])[0]!, this.now)
    }
    this.state = deepFreeze(state)
    this.commands.push(...commands)
    return commands
  }

  start(): readonly Command[] {
    return this.tell({ type: 'started' })
  }

  grant(count: number): readonly Command[] {
    return this.tell({ type: 'slotsGranted', count })
  }

  /** `task` of `stage` answers for its first attempt, with ten rows unless said. */
  finish(
    stage: number,
    task: number,
    result: TaskResult = success({ rowsOut: 10 }),
    attempt = 1,
  ): readonly Command[] {
    const launchedAt = this.#launchedAt.get(`${stage}/${task}#${attempt}`) ?? this.now
    return this.tell({
      type: 'taskFinished',
      ...{ stage: id(stage), task, attempt, result, jitter: 0.5, launchedAt },
    })
  }

  writeManifest(stage: number, result: TaskResult = success({}), attempt = 1): readonly Command[] {
    const launchedAt = this.#launchedAt.get(`${stage}/manifest#${attempt}`) ?? this.now
    return this.tell({ type: 'manifestFinished', stage: id(stage), attempt, result, jitter: 0.5, launchedAt })
  }

  retry(stage: number, task: number): readonly Command[] {
    return this.tell({ type: 'timerFired', id: { kind: 'retryTask', stage: id(stage), task } })
  }

  /** Time goes on by so much; then the timer of this kind that was started last fires. */
  fireAfter(ms: number, kind: TimerId['kind']): readonly Command[] {
    this.now += ms
    const timer = this.commands.findLast(c => c.type === 'startTimer' && c.id.kind === kind)
    if (timer?.type !== 'startTimer') throw new Error(`no timer ${kind} was started`)
    return this.tell({ type: 'timerFired', id: timer.id })
  }

  get outcome(): Extract<Command, { type: 'finishJob' }> | undefined {
    return this.commands.find(c => c.type === 'finishJob')
  }
}

/** A commit of so many rows. */
export const rows = (rowsOut: number, rowsIn = 0) => success({ rowsOut, rowsIn })

/** Two tasks, an exchange of three partitions, three tasks that write. */
export function twoStages() {
  const first = scan(0, 2, toPartitions(3))
  return [first, reader(1, [first], toFiles)]
}

/** Started, with so many slots granted. */
export function startedWith(slots: number, stages: readonly Stage[]): Machine {
  const machine = new Machine(stages)
  machine.start()
  machine.grant(slots)
  return machine
}

/** How long each timer of a kind is to run. */
export function delays(commands: readonly Command[], kind: TimerId['kind']): number[] {
  return commands.flatMap(c => (c.type === 'startTimer' && c.id.kind === kind ? [c.delayMs] : []))
}

/** `stage/task#attempt` of each launch, `manifest` for a manifest. */
export function launches(commands: readonly Command[]): string[] {
  return commands.flatMap(c => {
    if (c.type === 'launchTask') return [`${c.stage}/${c.task}#${c.attempt}`]
    return c.type === 'launchManifest' ? [`${c.stage}/manifest#${c.attempt}`] : []
  })
}

/** `stage/task#attempt` of each cancelled attempt. */
export function cancels(commands: readonly Command[]): string[] {
  return commands.flatMap(c =>
    c.type === 'cancelAttempt' ? [`${c.stage}/${c.task ?? 'manifest'}#${c.attempt}`] : [],
  )
}

/** Types of the emitted events. */
export function emitted(commands: readonly Command[]): string[] {
  return commands.flatMap(c => (c.type === 'emit' ? [c.event.type] : []))
}

/** Stops at what is frozen already, so that a state costs what is new in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(part)
  return value
}

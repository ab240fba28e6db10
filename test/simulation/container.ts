/** Container: a worker process that runs one task event after another by the real `runTask`. */
import type { UserFn } from '../../operators/index.ts'
import type { Stores } from '../../src/store/object-store.ts'
import { runTask } from '../../src/task/run-task.ts'
import type { TaskEvent, TaskResult } from '../../src/task/task-event.ts'
import type { Struck } from './fault-plan.ts'
import type { RandomStream } from './random-streams.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { RequestSource } from './store-request.ts'
import type { World } from './world.ts'

/** One delivery of an event: what it wrote must carry its nonce. */
export interface Delivery {
  readonly name: string
  readonly event: TaskEvent
  readonly startedMs: number
  /** Of the event and of this delivery; null until the task has begun. */
  nonce: string | null
  endedMs: number | null
  /** The process ended with it. */
  isKilled: boolean
}

export class Container implements RequestSource {
  readonly process: SimulatedProcess
  readonly random: RandomStream
  readonly isDriver = false
  readonly #world: World
  readonly #stores: Stores
  readonly #functions: readonly UserFn[]
  delivery: Delivery | null = null
  #deliveries = 0

  readonly #hex: (digits: string) => string

  /** @param hex stands between chance and the nonces of deliveries, for planted bugs */
  constructor(world: World, functions: readonly UserFn[], hex = (digits: string): string => digits) {
    this.#hex = hex
    this.#world = world
    this.process = world.start('worker')
    this.random = world.random.of(this.process.name)
    this.#stores = world.stores(this)
    this.#functions = functions
  }

  get isFree(): boolean {
    return this.delivery === null && !this.process.isKilled
  }

  get by(): string {
    return this.delivery?.name ?? this.process.name
  }

  struck(): Struck {
    const process = this.process.name
    if (this.delivery === null) return { process }
    const { event } = this.delivery
    return { process, ...placeOf(event) }
  }

  /** Takes the event as the text that it came as. */
  begin(json: string): Delivery {
    const event = JSON.parse(json) as TaskEvent
    const name = `${this.process.name}#${++this.#deliveries}`
    this.delivery = {
      name,
      event,
      startedMs: this.#world.time.nowMs,
      nonce: null,
      endedMs: null,
      isKilled: false,
    }
    return this.delivery
  }

  /** Runs what was begun; gives its answer as text. */
  async run(signal: AbortSignal): Promise<string> {
    const delivery = this.delivery!
    const { event } = delivery
    const result: TaskResult = await runTask(event, {
      stores: this.#stores,
      clock: this.process.clock,
      random: {
        hex: bytes => {
          const digits = this.#hex(this.random.hex(bytes))
          delivery.nonce = event.nonce.slice(0, 8) + digits
          return digits
        },
      },
      signal,
      loadFunctions: async () => this.#functions,
    })
    return JSON.stringify(result)
  }

  end(): void {
    if (this.delivery !== null) this.delivery.endedMs = this.#world.time.nowMs
    this.delivery = null
    this.process.slowness = 1
    this.process.atStep = null
  }
}

export function placeOf(event: TaskEvent): Required<Omit<Struck, 'process'>> {
  const { stage, attempt } = event
  return { stage, attempt, task: event.kind === 'task' ? event.task : null }
}

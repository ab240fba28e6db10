/** Fleet: the simulated compute; it gives events to workers, and drivers their answers, with the faults of the seed. */
import type { UserFn } from '../../operators/index.ts'
import { DunlinError, type ErrorCode } from '../../operators/index.ts'
import type { ComputeBackend } from '../../src/compute/compute-backend.ts'
import { failed } from '../../src/compute/task-failure.ts'
import type { TaskEvent, TaskResult } from '../../src/task/task-event.ts'
import { type Call, deliver } from './call.ts'
import { Container, type Delivery, placeOf } from './container.ts'
import type { FaultKind } from './fault-kinds.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { World } from './world.ts'

/** Deliveries of one event besides the first. */
const MOST_DUPLICATES = 3
const DUPLICATE_AFTER_MS = 30_000
/** Some answers take longer: others overtake them. */
const SLOW_ANSWERS = 0.1
const SLOWEST_ANSWER_MS = 5_000
/** When a local worker has stopped, or was stopped, for certain. */
const STOPPED_MS = 400

export interface FleetOptions {
  readonly functions: readonly UserFn[]
  /** Stands between drivers and the backend, for planted bugs. */
  readonly wrapCompute?: (compute: ComputeBackend) => ComputeBackend
  /** Stands between chance and the nonces of deliveries, for planted bugs. */
  readonly wrapHex?: (digits: string) => string
}

export class Fleet {
  /**
   * `local`: workers end with their driver, and are stopped where an attempt is cancelled. `cloud`: nothing stops a
   * worker before the end of its time.
   */
  readonly style: 'local' | 'cloud'
  readonly slots: number
  readonly memorySizesMb: readonly number[]
  readonly containers: Container[] = []
  readonly deliveries: Delivery[] = []
  /** Events that drivers asked to run, in order. */
  readonly launched: TaskEvent[] = []
  /** Drivers that had more attempts at work than there are slots. */
  readonly overbooked: string[] = []
  readonly #world: World
  readonly #options: FleetOptions

  constructor(world: World, options: FleetOptions) {
    this.#world = world
    this.#options = options
    const random = world.random.of('fleet')
    this.style = random.pick(['local', 'cloud'])
    this.memorySizesMb = this.style === 'cloud' ? [512, 1_024, 2_048, 4_096, 8_192] : [2_048]
    this.slots = random.pick([1, 2, 3, 5, 8, 40])
  }

  backendFor(driver: SimulatedProcess): ComputeBackend {
    const { wrapCompute = compute => compute } = this.#options
    let working = 0
    const run = (event: TaskEvent, signal: AbortSignal): Promise<TaskResult> => {
      if (++working > this.slots) this.overbooked.push(driver.name)
      let ended = false
      const end = (): void => {
        if (!ended) working--
        ended = true
      }
      signal.addEventListener('abort', end)
      const answer = this.#run(driver, event, signal)
      answer.then(end, end)
      return answer
    }
    return wrapCompute({
      name: 'simulated',
      slots: this.slots,
      memorySizesMb: this.memorySizesMb,
      ...(this.style === 'cloud' ? { speculates: true, ramp: { initial: 3, perSecond: 2 } } : {}),
      run: (event, { signal }) => run(event, signal),
      close: async () => {},
    })
  }

  /** A free worker, the last used first; a new one where there is none, or `cold`. */
  take(cold: boolean): Container {
    let container = cold ? undefined : this.containers.findLast(one => one.isFree)
    if (container === undefined) {
      container = new Container(this.#world, this.#options.functions, this.#options.wrapHex)
      this.containers.push(container)
    }
    return container
  }

  #run(driver: SimulatedProcess, event: TaskEvent, signal: AbortSignal): Promise<TaskResult> {
    const { time, random: streams, faults, log } = this.#world
    const { promise, resolve, reject } = Promise.withResolvers<TaskResult>()
    const place = placeOf(event)
    const random = streams.of(`compute ${place.stage}/${place.task ?? 'manifest'}/${place.attempt}`)
    this.launched.push(event)
    log.add(driver.name, `run ${place.stage}/${place.task ?? 'manifest'}/${place.attempt}`)
    const strikes = (kind: FaultKind): boolean => {
      if (!faults.strikes(kind, random)) return false
      faults.inject(kind, { process: 'fleet', ...place })
      return true
    }
    const arrive = (callback: () => void, delayMs = random.logarithmic(2, 50)): void => {
      time.after(delayMs, () => driver.deliver(callback))
    }
    const answer = (json: string): void => {
      const slowMs = random.chance(SLOW_ANSWERS) ? random.logarithmic(50, SLOWEST_ANSWER_MS) : 0
      arrive(() => resolve(JSON.parse(json) as TaskResult), slowMs + random.logarithmic(2, 50))
    }
    const fail = (code: ErrorCode, message: string, retryable: boolean): void =>
      answer(JSON.stringify(failed(new DunlinError(code, message, { retryable }), event)))

    if (strikes('throttled')) fail('THROTTLED', '429 too many requests', true)
    else if (strikes('refused')) arrive(() => reject(new Error('connection refused')))
    else if (strikes('payloadTooLarge')) fail('TOO_LARGE', '413 the payload is too large', false)
    else if (!strikes('queueDrop')) {
      const tooLateMs = strikes('lateDelivery')
        ? lateByMs(event, driver) + random.logarithmic(5_000, 60_000)
        : 0
      const deliveries = strikes('duplicate') ? 1 + random.between(1, MOST_DUPLICATES) : 1
      const call: Call = { json: JSON.stringify(event), event, driver, signal, answer, fail, strikes, random }
      for (let i = 0; i < deliveries; i++) {
        const spreadMs = i === 0 || random.chance(0.3) ? 0 : random.next() * DUPLICATE_AFTER_MS
        time.after(tooLateMs + spreadMs + random.logarithmic(1, 30), () => deliver(this.#world, this, call))
      }
    }
    // A backend may have no way to stop an attempt: it answers when it ends by itself.
    if (!strikes('uncancelled')) this.#watch(signal, answer, event)
    return promise
  }

  /** A backend answers for an attempt that was cancelled, whatever becomes of its worker. */
  #watch(signal: AbortSignal, answer: (json: string) => void, event: TaskEvent): void {
    const { time } = this.#world
    signal.addEventListener('abort', () =>
      time.after(this.style === 'local' ? STOPPED_MS : 1, () =>
        answer(JSON.stringify(failed(new DunlinError('CANCELLED', 'the attempt was cancelled'), event))),
      ),
    )
  }
}

/** From now on until the driver has given the attempt up. */
function lateByMs(event: TaskEvent, driver: SimulatedProcess): number {
  return event.deadline === null ? 0 : Math.max(0, event.deadline - driver.clock.now())
}

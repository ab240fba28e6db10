/** One delivery of a call to a worker: its start, what strikes it on its way, its end and its answer. */
import { setMaxListeners } from 'node:events'
import type { ErrorCode } from '../../operators/index.ts'
import { CANCEL_GRACE_MS } from '../../src/compute/task-failure.ts'
import type { TaskEvent } from '../../src/task/task-event.ts'
import { type Container, placeOf } from './container.ts'
import type { FaultKind } from './fault-kinds.ts'
import type { Fleet } from './fleet.ts'
import type { RandomStream } from './random-streams.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { TIMEOUT_MS } from './workload.ts'
import type { World } from './world.ts'

/** What the platform gives a function: a little more than what the task is given. */
const PLATFORM_LIMIT_MS = TIMEOUT_MS + 20_000
/** Workers of a laptop see that their driver is gone. */
const DRIVER_GONE_MS = 500
/** Requests that a worker makes until something happens to it, at most. */
const MOST_STEPS = 14

export interface Call {
  readonly json: string
  readonly event: TaskEvent
  readonly driver: SimulatedProcess
  readonly signal: AbortSignal
  answer(json: string): void
  fail(code: ErrorCode, message: string, retryable: boolean): void
  strikes(kind: FaultKind): boolean
  readonly random: RandomStream
}

export function deliver(world: World, fleet: Fleet, call: Call): void {
  const { random, strikes, driver } = call
  // A queue of the cloud delivers whoever has sent it; a process is not told by one that is dead.
  if (fleet.style === 'local' && (driver.isKilled || call.signal.aborted)) return
  const cold = strikes('coldStart')
  const container = fleet.take(cold)
  const delivery = container.begin(call.json)
  fleet.deliveries.push(delivery)
  world.time.after(cold ? random.logarithmic(500, 10_000) : 0, () => run(world, fleet, call, container))
}

function run(world: World, fleet: Fleet, call: Call, container: Container): void {
  const { random, strikes, driver, signal } = call
  const { process } = container
  const delivery = container.delivery!
  const { stage, task, attempt } = placeOf(call.event)
  world.log.add(delivery.name, `begins ${stage}/${task ?? 'manifest'}/${attempt}`)
  const own = new AbortController()
  setMaxListeners(0, own.signal)
  if (strikes('straggler')) process.slowness = random.logarithmic(20, 1_000)
  let over = false
  const lose = (code: ErrorCode, message: string): void => {
    if (over) return
    over = true
    process.kill()
    delivery.isKilled = true
    delivery.endedMs = world.time.nowMs
    world.time.after(random.logarithmic(10, 2_000), () => call.fail(code, message, true))
  }
  process.onKill(() => lose('WORKER_LOST', 'the worker was killed'))
  strikeOnTheWay(world, call, container, lose)
  const limit = world.time.after(PLATFORM_LIMIT_MS, () => lose('TIMEOUT', 'the platform ended the worker'))
  if (fleet.style === 'local') {
    driver.onKill(() => world.time.after(DRIVER_GONE_MS, () => lose('WORKER_LOST', 'the driver is gone')))
    signal.addEventListener('abort', () => {
      world.time.after(1, () => process.deliver(() => own.abort(signal.reason)))
      world.time.after(CANCEL_GRACE_MS, () => lose('CANCELLED', 'the attempt was cancelled'))
    })
  }
  const keepsStill = strikes('silence')
  const loses = strikes('lostResponse')
  void container.run(own.signal).then(json => {
    if (over) return
    over = true
    limit.cancel()
    world.log.add(delivery.name, `ends ${json.startsWith('{"ok":true') ? 'well' : failureOf(json)}`)
    container.end()
    if (keepsStill) return
    if (loses) call.fail('WORKER_LOST', 'the connection to the worker was lost', true)
    else call.answer(json)
  })
}

function failureOf(json: string): string {
  return (JSON.parse(json) as { failure: { code: string } }).failure.code
}

function strikeOnTheWay(
  world: World,
  { random, event }: Call,
  { process }: Container,
  lose: (code: ErrorCode, message: string) => void,
): void {
  const { faults, time } = world
  const strike = (kind: 'outOfMemory' | 'workerKilled' | 'workerPaused', act: () => void): boolean => {
    if (!faults.strikes(kind, random)) return false
    const step = process.steps + random.between(1, MOST_STEPS)
    process.atStep = {
      step,
      moment: random.pick(['before', 'after']),
      act: () => {
        faults.inject(kind, { process: process.name, ...placeOf(event) })
        act()
      },
    }
    return true
  }
  if (strike('workerKilled', () => lose('WORKER_LOST', 'the worker was killed'))) return
  if (strike('outOfMemory', () => lose('OUT_OF_MEMORY', 'the worker ran out of memory'))) return
  strike('workerPaused', () => {
    process.pause()
    time.after(random.logarithmic(1_000, 200_000), () => process.resume())
  })
}

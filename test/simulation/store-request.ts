/** One request of a process to the simulated store: on its way, served, struck by a fault or not, and answered. */
import { DunlinError } from '../../operators/index.ts'
import type { Struck } from './fault-plan.ts'
import type { RandomStream } from './random-streams.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { drawFate, type RequestFate, type RequestKind } from './store-fate.ts'
import type { World } from './world.ts'

/** Who sends requests: a process, and what it is doing at the time. */
export interface RequestSource {
  readonly process: SimulatedProcess
  readonly random: RandomStream
  /** What a fault of the next request strikes. */
  struck(): Struck
  /** The process, and which of its tasks sends the next request. */
  readonly by: string
  readonly isDriver: boolean
}

/** Who did what a request did long after its answer. */
const LATE = ' late'
export const isLate = (by: string): boolean => by.endsWith(LATE)
export const senderOf = (by: string): string => by.replace(LATE, '')

export interface StoreRequest<T> {
  readonly kind: RequestKind
  readonly uri: string
  readonly signal: AbortSignal | undefined
  readonly checked: boolean
  /** Takes effect, and gives the answer. `by` is who sent it. */
  apply(by: string): T
  /** What is sent may change from now on. */
  hold?(): void
  /** What is answered to a create that took effect, and was told that it did not. */
  readonly lostRace?: T
  /** The answer with other bytes than there are. */
  damage?(answer: T, how: 'wrongBytes' | 'truncatedBody'): T
  /** The answer of a body that breaks off. */
  reset?(answer: T, error: DunlinError): T
}

/** How long after its answer a request may still take effect. */
const LATE_PUT_MS = [10, 20_000] as const

export function send<T>(world: World, source: RequestSource, request: StoreRequest<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const { process, random, isDriver } = source
  const { kind, uri, signal, checked } = request
  if (signal?.aborted) throw cancelled(uri, signal)
  const step = process.beginStep()
  const who = isDriver ? 'driver' : 'worker'
  const number = world.countRequest(who)
  if (world.isStruck(who, number, 'before')) strike(world, source)
  // A killed process gets no further.
  if (process.isKilled) return promise
  const struck = source.struck()
  const fate = drawFate({ kind, checked, ofDriver: isDriver }, world.faults, random)
  if (fate.thereMs >= 1_000) world.faults.inject('slowRequest', struck)
  const { by } = source

  const aborted = (): void => {
    request.hold?.()
    reject(cancelled(uri, signal!))
  }
  signal?.addEventListener('abort', aborted)
  const answer = (settle: () => void): void => {
    world.time.after(fate.backMs * process.slowness, () =>
      process.deliver(() => {
        signal?.removeEventListener('abort', aborted)
        settle()
      }),
    )
  }
  let lost = false
  const sent = {
    senderKilled: (): void => {
      lost = random.chance(0.5)
    },
  }
  process.sent(sent)
  world.time.after(fate.thereMs * process.slowness, () => {
    process.arrived(sent)
    if (lost) return
    world.log.add(by, `${kind} ${uri}${fate.fault === null ? '' : ` ${fate.fault}`}`)
    if (fate.fault !== null) world.faults.inject(fate.fault, { ...struck, request: kind })
    // What takes effect after its sender was told that it had failed says so.
    const serve = (): T => request.apply(fate.fault === 'latePut' ? `${by}${LATE}` : by)
    answer(served(world, { request, fate, random, serve }, { resolve, reject }))
    process.endStep(step)
    if (world.isStruck(who, number, 'after')) strike(world, source)
  })
  return promise
}

/** Long enough for another driver to take over. */
const STRUCK_PAUSE_MS = 60_000

/** What was planned for this very request. */
function strike(world: World, source: RequestSource): void {
  const { process, isDriver } = source
  const struck = source.struck()
  if (world.strike?.how === 'paused') {
    world.faults.inject(isDriver ? 'driverPaused' : 'workerPaused', struck)
    process.pause()
    world.time.after(STRUCK_PAUSE_MS, () => process.resume())
  } else {
    world.faults.inject(isDriver ? 'driverKilled' : 'workerKilled', struck)
    process.kill()
  }
}

interface Served<T> {
  readonly request: StoreRequest<T>
  readonly fate: RequestFate
  readonly random: RandomStream
  readonly serve: () => T
}

interface Answering<T> {
  resolve(answer: T): void
  reject(error: unknown): void
}

/** Takes effect now, or later, or not at all; gives what reaches the sender. */
function served<T>(world: World, of: Served<T>, to: Answering<T>): () => void {
  const { request, fate, random, serve } = of
  const { uri, kind } = request
  const fail =
    (error: DunlinError): (() => void) =>
    () =>
      to.reject(error)
  const quietly = (): void => {
    try {
      serve()
    } catch {
      // Nobody is told.
    }
  }
  switch (fate.fault) {
    case 'slowDown':
      return fail(storeError('THROTTLED', `503 SlowDown for ${kind} ${uri}`))
    case 'serverError':
      return fail(storeError('STORE', `500 InternalError for ${kind} ${uri}`))
    case 'noSpace':
      return fail(new DunlinError('NO_SPACE', `cannot ${kind} ${uri}: no space left`))
    case 'ambiguousPut':
      quietly()
      return fail(storeError('STORE', `the connection was reset at ${kind} ${uri}`))
    case 'latePut':
      request.hold?.()
      world.time.after(random.logarithmic(...LATE_PUT_MS), quietly)
      return fail(storeError('STORE', `the connection was reset at ${kind} ${uri}`))
    default:
      break
  }
  let answer: T
  try {
    answer = serve()
  } catch (error) {
    return () => to.reject(error)
  }
  if (fate.fault === 'lostRace') return () => to.resolve(request.lostRace!)
  if (fate.fault === 'resetMidBody') {
    const error = storeError('STORE', `the connection was reset while ${uri} was read`)
    return request.reset === undefined ? fail(error) : () => to.resolve(request.reset!(answer, error))
  }
  if (fate.fault === 'wrongBytes' || fate.fault === 'truncatedBody')
    answer = request.damage!(answer, fate.fault)
  return () => to.resolve(answer)
}

function storeError(code: 'STORE' | 'THROTTLED', message: string): DunlinError {
  return new DunlinError(code, message, { retryable: true })
}

function cancelled(uri: string, signal: AbortSignal): DunlinError {
  return new DunlinError('CANCELLED', `cancelled while working on ${uri}`, { cause: signal.reason })
}

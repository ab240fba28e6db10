/** createLambdaBackend: tasks as invocations of a function that is deployed once for each size of memory. */
import {
  type ComputeBackend,
  cancelled,
  DunlinError,
  failed,
  firstMemoryMb,
  placeOf,
  type Ramp,
  type TaskEvent,
  type TaskResult,
} from '../../src/worker.ts'
import { EventLaunches, type EventLaunchOptions } from './event-launches.ts'
import { chooseMode, type InvocationMode, LongestOfStages, splitBytes } from './invocation-mode.ts'
import { payloadOf } from './invocation-payload.ts'
import { functionFailure, invokeFailure } from './invoke-failure.ts'
import type { Invoker } from './invoker.ts'

/** A function, deployed with so much memory. */
export interface MemoryTier {
  readonly functionName: string
  readonly memoryMb: number
}

export interface LambdaBackendOptions {
  readonly invoker: Invoker
  /** Ascending by memory; the first one runs what asks for nothing else. */
  readonly tiers: readonly MemoryTier[]
  /** Invocations at once. */
  readonly slots: number
  /** What tasks need that are sent as events. Absent: none are, and `mode` cannot be `event`. */
  readonly events?: Omit<EventLaunchOptions, 'invoker' | 'functionNames'>
  /** Default `auto`. */
  readonly mode?: InvocationMode
  /** Of dunlin: a function of another one refuses the task. */
  readonly version?: string
}

/** Lambda starts so many environments of one function in ten seconds, and so many at once. */
const LAMBDA_RAMP: Ramp = { initial: 1_000, perSecond: 100 }

/**
 * Each task is one invocation: synchronous, whose answer is the task's result, or an event, whose result comes through the
 * store. An attempt that is cancelled is answered at once, and its function stops by itself when it looks at the job's
 * lease.
 *
 * @throws INVALID_ARGUMENT where there is no tier, or nothing that events need and the mode asks for them
 */
export function createLambdaBackend(options: LambdaBackendOptions): ComputeBackend {
  const { invoker, tiers, slots, version } = options
  const { mode = options.events === undefined ? 'sync' : 'auto' } = options
  if (tiers.length === 0) throw new DunlinError('INVALID_ARGUMENT', 'a Lambda backend needs a function')
  const sizesMb = tiers.map(({ memoryMb }) => memoryMb)
  if (mode !== 'sync' && options.events === undefined)
    throw new DunlinError('INVALID_ARGUMENT', `mode ${mode} needs the stores that answers come through`)
  const launches =
    options.events === undefined
      ? undefined
      : new EventLaunches({
          ...options.events,
          invoker,
          functionNames: tiers.map(({ functionName }) => functionName),
        })
  const durations = new LongestOfStages()
  let running = 0
  let isClosed = false
  const closing = new AbortController()

  const run = async (given: TaskEvent, tier: MemoryTier, signal: AbortSignal): Promise<TaskResult> => {
    const event = version === undefined ? given : { ...given, dunlin: version }
    const facts = { longestMs: durations.longestMs(event), splitBytes: splitBytes(event), running }
    if (chooseMode(mode, facts) === 'event') return launches!.run(event, tier, signal)
    running++
    try {
      return await invoke(event, tier, signal)
    } finally {
      running--
    }
  }

  const invoke = async (event: TaskEvent, tier: MemoryTier, signal: AbortSignal): Promise<TaskResult> => {
    const payload = payloadOf(event, 'sync')
    const answer = await invoker.invoke(tier.functionName, payload, signal).catch((error: unknown) => {
      throw invokeFailure(error, tier.functionName, event)
    })
    if (answer.functionError === undefined) return resultOf(answer.payload, tier.functionName, event)
    throw functionFailure({ ...tier, ...answer }, event)
  }

  return {
    name: 'lambda',
    slots,
    memorySizesMb: sizesMb,
    memoryIsTotal: true,
    ramp: LAMBDA_RAMP,
    speculates: true,
    async run(event, { signal, memoryMb = 0 }) {
      const either = AbortSignal.any([signal, closing.signal])
      if (either.aborted) return cancelled(event)
      const tier = tiers[sizesMb.indexOf(firstMemoryMb(sizesMb, memoryMb))]!
      try {
        const result = await run(event, tier, either)
        if (result.ok) durations.add(event, result.stats.durationMs)
        return result
      } catch (error) {
        if (either.aborted) return cancelled(event)
        return failed(error, event)
      }
    },
    async close() {
      if (isClosed) return
      isClosed = true
      closing.abort()
      launches?.close()
      invoker.close()
    },
  }
}

/** @throws CONFIGURATION where what answered is not our function */
function resultOf(text: string, functionName: string, event: TaskEvent): TaskResult {
  try {
    const result: unknown = JSON.parse(text)
    if (typeof result === 'object' && result !== null && 'ok' in result) return result as TaskResult
  } catch {
    // Said below.
  }
  throw new DunlinError(
    'CONFIGURATION',
    `the function ${functionName} answered what is no result of a task: ${text.slice(0, 200)}`,
    {
      hint: 'Is it the function that `dunlin deploy` made?',
      place: placeOf(event),
    },
  )
}

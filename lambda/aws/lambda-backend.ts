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
}

/** What a synchronous invocation may bring. */
const MOST_PAYLOAD_BYTES = 6 * 2 ** 20
/** Lambda starts so many environments of one function in ten seconds, and so many at once. */
const LAMBDA_RAMP: Ramp = { initial: 1_000, perSecond: 100 }

/**
 * Each task is one synchronous invocation: its answer is the task's result. An attempt that is cancelled is answered at
 * once, and its function stops by itself when it looks at the job's lease.
 *
 * @throws INVALID_ARGUMENT where there is no tier
 */
export function createLambdaBackend({ invoker, tiers, slots }: LambdaBackendOptions): ComputeBackend {
  if (tiers.length === 0) throw new DunlinError('INVALID_ARGUMENT', 'a Lambda backend needs a function')
  const sizesMb = tiers.map(({ memoryMb }) => memoryMb)
  let isClosed = false
  const closing = new AbortController()

  const invoke = async (event: TaskEvent, tier: MemoryTier, signal: AbortSignal): Promise<TaskResult> => {
    const payload = Buffer.from(JSON.stringify(event))
    if (payload.byteLength > MOST_PAYLOAD_BYTES) {
      throw new DunlinError(
        'TOO_LARGE',
        `the event has ${payload.byteLength} bytes, and an invocation takes ${MOST_PAYLOAD_BYTES}`,
        {
          place: placeOf(event),
        },
      )
    }
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
        return await invoke(event, tier, either)
      } catch (error) {
        if (either.aborted) return cancelled(event)
        return failed(error, event)
      }
    },
    async close() {
      if (isClosed) return
      isClosed = true
      closing.abort()
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

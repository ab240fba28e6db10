/** Runs operators over plain arrays of records, cut into batches wherever a test likes. */
import type { Batch } from '../../../operators/batch/batch.ts'
import { BatchBuilder } from '../../../operators/batch/batch-builder.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import type { OperatorEnv, UserFn } from '../../../operators/rows/operator-env.ts'
import type { ChainSpec, FunctionRef } from '../../../operators/spec.ts'
import type { TaskArgument } from '../../../operators/task-argument.ts'
import { createChain } from '../../../operators/tree/create-chain.ts'

export const INPUT = { op: 'input', input: 0 } as const

export function taskArgument(signal = new AbortController().signal): TaskArgument {
  return {
    index: 0,
    partition: 0,
    attempt: 1,
    random: () => 0.5,
    signal,
    deadline: Number.POSITIVE_INFINITY,
    log: () => {},
    counter: () => {},
  }
}

/** Functions as a shipped module has them, and references to them by name. */
export class Functions {
  readonly all: UserFn[] = []

  ref(fn: (...args: never[]) => unknown, name = fn.name): FunctionRef {
    this.all.push(fn)
    return { fn: this.all.length - 1, name, at: 'job.ts:1' }
  }

  env(options: { readonly budgetBytes?: number; readonly signal?: AbortSignal } = {}): OperatorEnv {
    return {
      functions: this.all,
      task: taskArgument(options.signal),
      budgetBytes: options.budgetBytes ?? Number.POSITIVE_INFINITY,
    }
  }
}

/** Batches of so many records each, over and over; each inferred on its own, or of one schema. */
export function batchesOf(
  records: readonly unknown[],
  sizes: readonly number[] = [1000],
  schema?: Schema,
): Batch[] {
  const batches: Batch[] = []
  for (let from = 0, i = 0; from < records.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length]!)
    const builder = new BatchBuilder({ operator: 'Test', ...(schema === undefined ? {} : { schema }) })
    for (const record of records.slice(from, from + size)) builder.add(record)
    batches.push(builder.build()!)
    from += size
  }
  return batches
}

export const recordsIn = (batches: readonly Batch[]): unknown[] => batches.flatMap(batch => recordsOf(batch))

/** All that a chain gives, synchronously. */
export function runChain(specs: readonly ChainSpec[], env: OperatorEnv, batches: readonly Batch[]): Batch[] {
  const chain = createChain(specs, env)
  const given: Batch[] = []
  for (const batch of batches) chain.push(batch, one => given.push(one))
  chain.finish(one => given.push(one))
  return given
}

/** The same as a task does it: drivers take over from suspensions; or from the start, where `waits`. */
export async function runChainAsync(
  specs: readonly ChainSpec[],
  env: OperatorEnv,
  batches: readonly Batch[],
  options: { readonly concurrency: number; readonly waits: boolean },
): Promise<Batch[]> {
  const chain = createChain(specs, env)
  const given: Batch[] = []
  const emit = (one: Batch) => given.push(one)
  let driver = options.waits ? chain.driver!(options) : null
  const takeOver = async (suspension: ReturnType<NonNullable<typeof chain.pushRows>>) => {
    if (suspension === null) return
    driver = chain.driver!(options)
    await driver.resume(suspension, emit)
  }
  for (const batch of batches) {
    if (driver !== null) await driver.push(batch, emit)
    else await takeOver(chain.pushRows!(batch, emit))
  }
  if (driver === null) await takeOver(chain.flushRows!(emit))
  await driver?.flush(emit)
  chain.finish(emit)
  return given
}

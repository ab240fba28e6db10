/** Runs aggregations as a task does: rows or records into a partial one, its states into a final one. */
import { aggregatePlan } from '../../../operators/aggregate/aggregate-plan.ts'
import { FinalAggregate } from '../../../operators/aggregate/final-aggregate.ts'
import { PartialAggregate } from '../../../operators/aggregate/partial-aggregate.ts'
import type { Batch } from '../../../operators/batch/batch.ts'
import { concatBatches } from '../../../operators/batch/take.ts'
import { encodeArrowFile } from '../../../operators/ipc/arrow-file.ts'
import type { AsyncEmit, Operator, PipelineBreaker, RunStore } from '../../../operators/operator.ts'
import { RowChain } from '../../../operators/rows/row-chain.ts'
import type { AggregateSpec } from '../../../operators/spec.ts'
import { operatorText } from '../../../operators/tree/operator-text.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'
import type { Functions } from '../tree/run-chain.ts'

export type RunSpec = Pick<AggregateSpec, 'keys' | 'aggregations' | 'shape' | 'phase'>

interface Options {
  readonly budgetBytes?: number
  readonly runs?: RunStore
}

const planOf = (spec: RunSpec, functions: Functions, options: Options) =>
  aggregatePlan(spec, operatorText({ op: 'aggregate', input: { op: 'input', input: 0 }, ...spec }), {
    ...functions.env(options),
  })

export const partialAggregate = (
  spec: RunSpec,
  functions: Functions,
  options: Options = {},
): PartialAggregate => new PartialAggregate(planOf(spec, functions, options))

/** Everything that an operator gives. */
export function pushed(operator: Operator, batches: readonly Batch[]): Batch[] {
  const given: Batch[] = []
  for (const batch of batches) operator.push(batch, one => given.push(one))
  operator.finish(one => given.push(one))
  return given
}

/** States of the rows of one task. `of: 'records'` sends them through a function first. */
export function statesOf(
  spec: RunSpec,
  functions: Functions,
  batches: readonly Batch[],
  options: Options & { readonly of?: 'columns' | 'records' } = {},
): Batch[] {
  const partial = partialAggregate(spec, functions, options)
  if (options.of !== 'records') return pushed(partial, batches)
  const steps = [{ kind: 'map', fn: functions.ref((record: unknown) => record, 'same') }] as const
  return pushed(new RowChain({ steps, env: functions.env(options), sink: partial }), batches)
}

/** Everything that a breaker of one input gives; closes it, after an error too. */
export async function broken(
  breaker: PipelineBreaker,
  batches: readonly Batch[],
  emit?: AsyncEmit,
): Promise<Batch[]> {
  const given: Batch[] = []
  const take = emit ?? (batch => void given.push(batch))
  try {
    for (const batch of batches) await breaker.push(0, batch, take)
    await breaker.end(0, take)
  } finally {
    await breaker.close()
  }
  return given
}

export const finalAggregate = (spec: RunSpec, functions: Functions, options: Options = {}): FinalAggregate =>
  new FinalAggregate(planOf(spec, functions, options), {
    budgetBytes: options.budgetBytes ?? Number.POSITIVE_INFINITY,
    runs: options.runs ?? new MemoryRuns(),
  })

/** Partial and final in one task. */
export async function aggregated(
  spec: RunSpec,
  functions: Functions,
  batches: readonly Batch[],
  options: Options & { readonly of?: 'columns' | 'records' } = {},
): Promise<Batch[]> {
  const states = statesOf(spec, functions, batches, options)
  return await broken(finalAggregate(spec, functions, options), states)
}

/** All rows as the bytes of one Arrow file: equal where schemas, rows, their order and the bits of their values are. */
export function bytesOf(batches: readonly Batch[]): Buffer {
  if (batches.length === 0) return Buffer.alloc(0)
  const all = concatBatches(batches)
  return Buffer.concat(encodeArrowFile(all.schema, [[all]]).pieces)
}

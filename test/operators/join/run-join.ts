/** Runs a join of batches as a task does, and checks that it leaves no runs behind. */
import { expect } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { schemaText } from '../../../operators/batch/schema.ts'
import { concatBatches } from '../../../operators/batch/take.ts'
import { HashJoin } from '../../../operators/join/hash-join.ts'
import type { JoinHow, JoinSpec } from '../../../operators/spec.ts'
import { batchOf } from '../batch/batch-of.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'

export type Spec = Omit<JoinSpec, 'inputs'>

/** A spec by what differs from an inner join whose right side is built. */
export function specOf(how: JoinHow, on: Spec['on'] | string, more: Partial<Spec> = {}): Spec {
  const pairs = typeof on === 'string' ? [{ left: on, right: on }] : on
  return { op: 'join', how, on: pairs, nullsEqual: false, build: 'right', ...more }
}

export interface Joined {
  readonly batches: readonly Batch[]
  readonly records: unknown[]
  /** The schema that the batches have together; empty where there were none. */
  readonly schema: string
  readonly runs: MemoryRuns
}

export async function runJoin(
  spec: Spec,
  inputs: readonly [left: readonly Batch[], right: readonly Batch[]],
  budgetBytes = Number.POSITIVE_INFINITY,
  take: (batch: Batch) => void | Promise<void> = () => undefined,
): Promise<Joined> {
  const runs = new MemoryRuns()
  const batches: Batch[] = []
  const join = new HashJoin({ spec, operator: 'Join test', env: { budgetBytes, runs } })
  const emit = async (batch: Batch): Promise<void> => {
    await take(batch)
    batches.push(batch)
  }
  try {
    for (const input of join.order) {
      for (const batch of inputs[input]!) await join.push(input, batch, emit)
      await join.end(input, emit)
    }
  } finally {
    await join.close()
    expect(runs.live, 'objects left behind').toBe(0)
  }
  const all = batches.length === 0 ? null : concatBatches(batches)
  return {
    batches,
    records: all === null ? [] : recordsOf(all),
    schema: all === null ? '' : schemaText(all.schema),
    runs,
  }
}

/** Records cut into batches after so many rows each, again and again. */
export function cut(records: readonly unknown[], sizes: readonly number[], schema?: Schema): Batch[] {
  const batches: Batch[] = []
  for (let at = 0, i = 0; at < records.length; i++) {
    const size = sizes[i % sizes.length]!
    batches.push(batchOf(records.slice(at, at + size), schema))
    at += size
  }
  return batches
}

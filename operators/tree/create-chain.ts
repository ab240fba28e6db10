/** Builds the operators of one chain, and runs them as one. */
import { aggregatePlan } from '../aggregate/aggregate-plan.ts'
import { FinalAggregate } from '../aggregate/final-aggregate.ts'
import { PartialAggregate } from '../aggregate/partial-aggregate.ts'
import type { Operator } from '../operator.ts'
import { BatchSink } from '../rows/batch-sink.ts'
import { MapBatches } from '../rows/map-batches.ts'
import type { OperatorEnv } from '../rows/operator-env.ts'
import { RowChain, type Suspendable } from '../rows/row-chain.ts'
import type { RowSink } from '../rows/row-sink.ts'
import type { AggregateSpec, ChainSpec, MapBatchesSpec, RowsSpec } from '../spec.ts'
import { type Chain, type ChainLink, operatorChain } from './chain.ts'
import { Limit } from './limit.ts'
import { operatorText } from './operator-text.ts'
import { Select } from './select.ts'
import { Words } from './words.ts'

/**
 * @param specs the operators, lowest (nearest to the input) first; their `input` is not looked at. State is drained
 * only from the lowest `final` or `complete` aggregation: whoever bounds memory starts a new chain at the next.
 */
export function createChain(specs: readonly ChainSpec[], env: OperatorEnv): Chain {
  const links: ChainLink[] = []
  const fused = fuseRows(specs)
  for (let i = 0; i < fused.length; i++) {
    const spec = fused[i]!
    if (spec.op === 'rows' || spec.op === 'mapBatches') {
      const next = fused[i + 1]
      const aggregate = next?.op === 'aggregate' && next.phase !== 'final' ? aggregateOf(next, env) : null
      if (aggregate !== null) i++
      links.push({
        operator: rowOperator(spec, env, aggregate ?? new BatchSink(operatorText(spec))),
        state: aggregate,
      })
    } else {
      const operator = plainOperator(spec, env)
      links.push({ operator, state: operator })
    }
  }
  return operatorChain(links)
}

/** Row functions one after another are one loop. */
function fuseRows(specs: readonly ChainSpec[]): ChainSpec[] {
  const fused: ChainSpec[] = []
  for (const spec of specs) {
    const before = fused.at(-1)
    if (spec.op === 'rows' && before?.op === 'rows') {
      fused[fused.length - 1] = { ...before, steps: [...before.steps, ...spec.steps] }
    } else fused.push(spec)
  }
  return fused
}

function rowOperator(spec: RowsSpec | MapBatchesSpec, env: OperatorEnv, sink: RowSink): Suspendable {
  if (spec.op === 'rows') return new RowChain({ steps: spec.steps, env, sink })
  return new MapBatches({ fn: spec.fn, size: spec.size, env, sink })
}

function aggregateOf(spec: AggregateSpec, env: OperatorEnv): PartialAggregate | FinalAggregate {
  const plan = aggregatePlan(spec, operatorText(spec), env)
  return spec.phase === 'partial' ? new PartialAggregate(plan) : new FinalAggregate(plan, spec.phase)
}

function plainOperator(spec: Exclude<ChainSpec, RowsSpec | MapBatchesSpec>, env: OperatorEnv): Operator {
  const text = operatorText(spec)
  switch (spec.op) {
    case 'words':
      return new Words(text)
    case 'select':
      return new Select(spec.columns, text)
    case 'limit':
      return new Limit(spec.rows)
    case 'aggregate':
      return aggregateOf(spec, env)
  }
}

/** Builds the operators of one chain, and runs them as one. */
import { aggregatePlan } from '../aggregate/aggregate-plan.ts'
import { PartialAggregate } from '../aggregate/partial-aggregate.ts'
import { PartialDistinctBy } from '../distinct/distinct-by.ts'
import { DunlinError } from '../errors.ts'
import type { Operator } from '../operator.ts'
import { BatchSink } from '../rows/batch-sink.ts'
import { CheckedSink } from '../rows/checked-sink.ts'
import { MapBatches } from '../rows/map-batches.ts'
import type { OperatorEnv } from '../rows/operator-env.ts'
import { RowChain, type Suspendable } from '../rows/row-chain.ts'
import type { RowSink } from '../rows/row-sink.ts'
import { SampleKeys } from '../sort/sample-keys.ts'
import { Splitters } from '../sort/splitters.ts'
import type { AggregateSpec, ChainSpec, MapBatchesSpec, RowsSpec } from '../spec.ts'
import { AddColumns } from './add-columns.ts'
import { type Chain, operatorChain } from './chain.ts'
import { DropColumns } from './drop-columns.ts'
import { Limit } from './limit.ts'
import { operatorText } from './operator-text.ts'
import { Sample } from './sample.ts'
import { Select } from './select.ts'
import { Words } from './words.ts'

/** @param specs the operators, lowest (nearest to the input) first; their `input` is not looked at. */
export function createChain(specs: readonly ChainSpec[], env: OperatorEnv): Chain {
  const operators: Operator[] = []
  const fused = fuseRows(specs)
  for (let i = 0; i < fused.length; i++) {
    const spec = fused[i]!
    if (spec.op === 'rows' || spec.op === 'mapBatches') {
      const next = fused[i + 1]
      const aggregate = next?.op === 'aggregate' ? partialAggregate(next, env) : null
      if (aggregate !== null) i++
      operators.push(rowOperator(spec, env, aggregate ?? new BatchSink(operatorText(spec))))
    } else operators.push(plainOperator(spec, env))
  }
  return operatorChain(operators)
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

function rowOperator(spec: RowsSpec | MapBatchesSpec, env: OperatorEnv, into: RowSink): Suspendable {
  const { bad } = env
  const sink =
    bad === undefined || !makesRecords(spec)
      ? into
      : new CheckedSink(into, { operator: operatorText(spec), bad })
  if (spec.op === 'rows') return new RowChain({ steps: spec.steps, env, sink })
  return new MapBatches({ fn: spec.fn, size: spec.size, env, sink })
}

/** What filters pass on has been columns before. */
const makesRecords = (spec: RowsSpec | MapBatchesSpec): boolean =>
  spec.op === 'mapBatches' || spec.steps.some(step => step.kind !== 'filter')

function partialAggregate(spec: AggregateSpec, env: OperatorEnv): PartialAggregate {
  if (spec.phase !== 'partial') throw notOfAChain(operatorText(spec))
  return new PartialAggregate(aggregatePlan(spec, operatorText(spec), env))
}

function plainOperator(spec: Exclude<ChainSpec, RowsSpec | MapBatchesSpec>, env: OperatorEnv): Operator {
  const operator = operatorText(spec)
  switch (spec.op) {
    case 'words':
      return new Words(operator)
    case 'select':
      return new Select(spec.columns, operator)
    case 'limit':
      return new Limit(spec.rows)
    case 'aggregate':
      return partialAggregate(spec, env)
    case 'sampleKeys':
      return new SampleKeys({ ...spec, env })
    case 'splitters':
      return new Splitters({ partitions: spec.partitions })
    case 'sample':
      return new Sample({ fraction: spec.fraction, seed: spec.seed, env })
    case 'addColumns':
      return new AddColumns({ columns: spec.columns, operator, env })
    case 'dropColumns':
      return new DropColumns({ columns: spec.columns })
    case 'distinctBy':
      if (spec.phase !== 'partial') throw notOfAChain(operator)
      return new PartialDistinctBy({ keys: spec.keys, operator, env })
  }
}

const notOfAChain = (operator: string): DunlinError =>
  new DunlinError('INTERNAL', `${operator} is a pipeline breaker and stands in no chain`)

/** An aggregation as it is built: its keys, its accumulators, and what its results look like. */
import type { OperatorEnv } from '../rows/operator-env.ts'
import type { AggregateSpec, KeySpec, NamedAggregation } from '../spec.ts'
import type { ValueAccumulator } from './accumulator.ts'
import { CountAccumulator } from './count-accumulator.ts'
import { ExtremeAccumulator } from './extreme-accumulator.ts'
import { MeanAccumulator } from './mean-accumulator.ts'
import { SumAccumulator } from './sum-accumulator.ts'
import { UserAccumulator } from './user-accumulator.ts'
import { UserCall } from './user-call.ts'

/** A grouping key, with its function where it has one. */
export type PlannedKey =
  | { readonly as: string; readonly column: string; readonly call?: undefined }
  | { readonly as: string; readonly column?: undefined; readonly call: UserCall }

export type PlannedAggregation =
  | { readonly as: string; readonly kind: 'rows'; readonly accumulator: CountAccumulator }
  | {
      readonly as: string
      readonly kind: 'values'
      readonly accumulator: ValueAccumulator
      readonly column: string
    }
  | { readonly as: string; readonly kind: 'user'; readonly accumulator: UserAccumulator }

export interface AggregatePlan {
  readonly operator: string
  readonly keys: readonly PlannedKey[] | 'all'
  readonly aggregations: readonly PlannedAggregation[]
  readonly shape: AggregateSpec['shape']
  readonly env: OperatorEnv
  /** Records are needed, because a function takes them. */
  readonly callsFunctions: boolean
  /** The same with accumulators of its own that have seen nothing. */
  readonly fresh: () => AggregatePlan
}

export function aggregatePlan(
  spec: Pick<AggregateSpec, 'keys' | 'aggregations' | 'shape'>,
  operator: string,
  env: OperatorEnv,
): AggregatePlan {
  const keys = spec.keys === 'all' ? 'all' : spec.keys.map(key => plannedKey(key, operator, env))
  const aggregations = spec.aggregations.map(one => plannedAggregation(one, operator, env))
  const callsFunctions =
    aggregations.some(one => one.kind === 'user') ||
    (keys !== 'all' && keys.some(key => key.call !== undefined))
  const fresh = () => aggregatePlan(spec, operator, env)
  return { operator, keys, aggregations, shape: spec.shape, env, callsFunctions, fresh }
}

function plannedKey(key: KeySpec, operator: string, env: OperatorEnv): PlannedKey {
  if (key.kind === 'column') return { as: key.as, column: key.column }
  return { as: key.as, call: new UserCall({ operator, role: `key "${key.as}"`, ref: key.fn, env }) }
}

function plannedAggregation(
  { as, spec }: NamedAggregation,
  operator: string,
  env: OperatorEnv,
): PlannedAggregation {
  switch (spec.op) {
    case 'count': {
      const accumulator = new CountAccumulator()
      return spec.column === undefined
        ? { as, kind: 'rows', accumulator }
        : { as, kind: 'values', accumulator, column: spec.column }
    }
    case 'user':
      return { as, kind: 'user', accumulator: new UserAccumulator({ operator, as, spec, env }) }
    default:
      return {
        as,
        kind: 'values',
        accumulator: valueAccumulator(spec.op, spec.column, operator),
        column: spec.column,
      }
  }
}

function valueAccumulator(
  op: 'sum' | 'min' | 'max' | 'mean',
  column: string,
  operator: string,
): ValueAccumulator {
  const of = { operator, op, column }
  if (op === 'sum') return new SumAccumulator(of)
  return op === 'mean' ? new MeanAccumulator(of) : new ExtremeAccumulator(of)
}

/** The names of the state columns of an aggregation. */
export const stateNames = ({ as, accumulator }: PlannedAggregation): readonly string[] =>
  accumulator.suffixes.map(suffix => as + suffix)

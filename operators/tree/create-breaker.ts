/** Builds the operators that see all their rows before they give the last. */
import { aggregatePlan } from '../aggregate/aggregate-plan.ts'
import { FinalAggregate } from '../aggregate/final-aggregate.ts'
import { FinalDistinctBy } from '../distinct/distinct-by.ts'
import { HashJoin } from '../join/hash-join.ts'
import type { PipelineBreaker } from '../operator.ts'
import type { BreakerEnv } from '../rows/operator-env.ts'
import { ExternalSort } from '../sort/external-sort.ts'
import { Top } from '../sort/top.ts'
import type { BreakerSpec } from '../spec.ts'
import { operatorText } from './operator-text.ts'

/** @param spec its inputs are not looked at; what has phases is `final`, whatever its phase says */
export function createBreaker(spec: BreakerSpec, env: BreakerEnv): PipelineBreaker {
  const operator = operatorText(spec)
  switch (spec.op) {
    case 'sort':
      return new ExternalSort({ keys: spec.keys, operator, env })
    case 'top':
      return new Top({ keys: spec.keys, rows: spec.rows, operator, env })
    case 'aggregate':
      return new FinalAggregate(aggregatePlan(spec, operator, env), env)
    case 'distinctBy':
      return new FinalDistinctBy({ keys: spec.keys, operator, env })
    case 'join':
      return new HashJoin({ spec, operator, env })
  }
}

/** From logical outputs to a plan: list the sources, ship the functions, plan. */
import { DunlinError } from '../../operators/index.ts'
import {
  type ExchangeKind,
  type Facts,
  functionsOf,
  type Listing,
  type LogicalOutput,
  type LogicalPlan,
  type Planned,
  plan,
  type ScanNode,
  type SkipPolicy,
  scansOf,
  type UserFunction,
} from '../../planner/index.ts'
import type { ShippedModule } from '../ship/ship.ts'
import { toRootUri } from '../store/file-uri.ts'
import { capturedAhead } from './captured-ahead.ts'
import { checkResources } from './check-resources.ts'
import type { Engine } from './engine.ts'

export interface PreparedPlan {
  readonly logical: LogicalPlan
  readonly planned: Planned
  readonly facts: Facts
  /** Null where the plan has no user function. */
  readonly shipped: ShippedModule | null
}

export interface PrepareOptions {
  /** Where `from(iterable)` is written to, when the job is really going to run. */
  readonly valuesPrefix?: string
  readonly signal?: AbortSignal
  /** Bad records are skipped; absent: the first one fails the job. */
  readonly onError?: SkipPolicy | undefined
  readonly exchange?: ExchangeKind | undefined
}

/** Output URIs as full URIs, so that every worker means the same place. */
function absolute(output: LogicalOutput, baseUri: string): LogicalOutput {
  return output.kind === 'write' ? { ...output, uri: toRootUri(output.uri, baseUri) } : output
}

async function listScan(
  scan: ScanNode,
  engine: Engine,
  index: number,
  options: PrepareOptions,
): Promise<Listing> {
  const { source } = scan
  const signal = options.signal === undefined ? {} : { signal: options.signal }
  switch (source.kind) {
    case 'files': {
      const { listSource } = await import('../source/list-source.ts')
      return listSource(source, { stores: engine.stores, baseUri: engine.baseUri, ...signal })
    }
    case 'values': {
      if (options.valuesPrefix === undefined) return { objects: [] }
      const { stageValues } = await import('../source/stage-values.ts')
      return stageValues(source.values, {
        store: engine.store,
        keyPrefix: `${options.valuesPrefix}${index}-`,
        ...(source.schema === undefined ? {} : { schema: source.schema }),
        ...signal,
      })
    }
    case 'range':
      return { objects: [] }
  }
}

async function shipFunctions(functions: readonly UserFunction[]): Promise<ShippedModule | null> {
  if (functions.length === 0) return null
  const ahead = capturedAhead(functions)
  if (ahead !== undefined) return ahead
  const { ship } = await import('../ship/ship.ts')
  return ship(functions)
}

/**
 * Lists, ships and plans.
 *
 * @throws DunlinError for sources that are not there, functions that cannot be shipped, plans that make no sense
 */
export async function preparePlan(
  given: LogicalPlan,
  engine: Engine,
  options: PrepareOptions,
): Promise<PreparedPlan> {
  if (given.outputs.length === 0) {
    throw new DunlinError('INVALID_PLAN', 'there is nothing to run: no output was given')
  }
  const logical = { outputs: given.outputs.map(output => absolute(output, engine.baseUri)) }
  const scans = [...scansOf(logical)]
  const functions = [...functionsOf(logical)]
  const [shipped, ...lists] = await Promise.all([
    shipFunctions(functions),
    ...scans.map((scan, index) => listScan(scan, engine, index, options)),
  ])
  const facts: Facts = {
    listings: new Map(scans.map((scan, index) => [scan, lists[index]!])),
    functions: new Map(functions.map((fn, index) => [fn, shipped!.functions[index]!])),
    codeHash: shipped?.hash ?? '',
    engine: engine.facts,
  }
  const { onError, exchange } = options
  const planned = plan(logical, facts, {
    ...(onError === undefined ? {} : { onError }),
    ...(exchange === undefined ? {} : { exchange }),
  })
  checkResources(planned.plan, engine.facts)
  return { logical, planned, facts, shipped }
}

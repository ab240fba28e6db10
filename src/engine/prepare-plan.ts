/** From logical outputs to a plan: list the sources, ship the functions, plan. */
import { DunlinError } from '../../operators/index.ts'
import {
  type Facts,
  inputsOf,
  type Listing,
  type LogicalNode,
  type LogicalOutput,
  type LogicalPlan,
  type Planned,
  plan,
  type ScanNode,
  type UserFunction,
} from '../../planner/index.ts'
import type { ShippedModule } from '../ship/ship.ts'
import { toRootUri } from '../store/file-uri.ts'
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
}

/** All nodes below the outputs, each once, inputs before consumers. */
function nodesOf(logical: LogicalPlan): readonly LogicalNode[] {
  const seen = new Set<LogicalNode>()
  const stack: { readonly node: LogicalNode; readonly entered: boolean }[] = []
  for (const output of [...logical.outputs].reverse()) stack.push({ node: output.input, entered: false })
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (seen.has(top.node)) continue
    if (top.entered) {
      seen.add(top.node)
      continue
    }
    stack.push({ node: top.node, entered: true })
    for (const input of [...inputsOf(top.node)].reverse()) stack.push({ node: input, entered: false })
  }
  return [...seen]
}

/** The user functions of a plan in a fixed order, each once. */
function functionsOf(nodes: readonly LogicalNode[]): readonly UserFunction[] {
  const functions = new Set<UserFunction>()
  for (const node of nodes) {
    if ('fn' in node) functions.add(node.fn)
    if (node.kind !== 'aggregate') continue
    if (node.keys !== 'all') for (const key of node.keys) if (key.kind === 'function') functions.add(key.fn)
    for (const { spec } of node.aggregations) {
      if (spec.op === 'user') for (const fn of [spec.init, spec.add, spec.merge, spec.finish]) functions.add(fn)
    }
  }
  return [...functions]
}

/** Output URIs as full URIs, so that every worker means the same place. */
function absolute(output: LogicalOutput, baseUri: string): LogicalOutput {
  return output.kind === 'write' ? { ...output, uri: toRootUri(output.uri, baseUri) } : output
}

async function listScan(scan: ScanNode, engine: Engine, index: number, options: PrepareOptions): Promise<Listing> {
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
      return stageValues(source.values, { store: engine.store, keyPrefix: `${options.valuesPrefix}${index}-`, ...signal })
    }
    case 'range':
      return { objects: [] }
  }
}

async function shipFunctions(functions: readonly UserFunction[]): Promise<ShippedModule | null> {
  if (functions.length === 0) return null
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
  const nodes = nodesOf(logical)
  const scans = nodes.filter(node => node.kind === 'scan')
  const functions = functionsOf(nodes)
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
  return { logical, planned: plan(logical, facts), facts, shipped }
}

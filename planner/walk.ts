/** What a logical plan is made of: its nodes, scans and functions, each once and in a fixed order. */
import type {
  LogicalKey,
  LogicalNode,
  LogicalPlan,
  LogicalSortKey,
  ScanNode,
  UserFunction,
} from './logical.ts'
import { postOrder } from './post-order.ts'

export function inputsOf(node: LogicalNode): readonly LogicalNode[] {
  switch (node.kind) {
    case 'scan':
      return []
    case 'union':
      return node.inputs
    case 'join':
    case 'intersect':
    case 'except':
      return [node.left, node.right]
    default:
      return [node.input]
  }
}

/** Every node of the plan once, inputs before consumers. */
export function nodesOf(plan: LogicalPlan): LogicalNode[] {
  return postOrder(
    plan.outputs.map(output => output.input),
    inputsOf,
  )
}

/** The scans that `Facts.listings` has to cover. */
export function scansOf(plan: LogicalPlan): ScanNode[] {
  return nodesOf(plan).filter(node => node.kind === 'scan')
}

function keyFunctions(keys: readonly (LogicalKey | LogicalSortKey)[]): UserFunction[] {
  return keys.flatMap(key => (key.kind === 'function' ? [key.fn] : []))
}

/** The functions that one node calls. */
export function functionsOfNode(node: LogicalNode): UserFunction[] {
  switch (node.kind) {
    case 'map':
    case 'flatMap':
    case 'filter':
    case 'mapBatches':
      return [node.fn]
    case 'sort':
    case 'top':
    case 'distinctBy':
      return keyFunctions(node.keys)
    case 'aggregate': {
      const keys = node.keys === 'all' ? [] : node.keys
      return [
        ...keyFunctions(keys),
        ...node.aggregations.flatMap(({ spec }) =>
          spec.op === 'user' ? [spec.init, spec.add, spec.merge, spec.finish] : [],
        ),
      ]
    }
    default:
      return []
  }
}

/** The functions to ship, in the order in which a record meets them; `Facts.functions` has to cover them. */
export function functionsOf(plan: LogicalPlan): UserFunction[] {
  return [...new Set(nodesOf(plan).flatMap(functionsOfNode))]
}

/** The first draft: the logical plan one to one, functions as references, `with` as a property of what it is about. */
import {
  type AggregationSpec,
  DunlinError,
  type FunctionRef,
  type KeySpec,
  type ReadFormat,
} from '../../operators/index.ts'
import type { Facts } from '../facts.ts'
import type {
  LogicalAggregation,
  LogicalKey,
  LogicalNode,
  LogicalPlan,
  Resources,
  ScanNode,
  Source,
  UnionNode,
  UserFunction,
} from '../logical.ts'
import type { PlanOptions } from '../options.ts'
import { splitsOf } from '../splits.ts'
import { inputsOf, nodesOf } from '../walk.ts'
import {
  type Draft,
  type DraftNode,
  NO_RESOURCES,
  type Step,
  scanDraft,
  stepDraft,
  unionDraft,
} from './draft.ts'
import { joinDrafts } from './join-drafts.ts'
import { repartitionDraft } from './repartition-draft.ts'
import { largest } from './resources.ts'
import { sortDraft } from './sort-draft.ts'

function sourceText(source: Source): string {
  switch (source.kind) {
    case 'files':
      return source.uris.join(', ')
    case 'values':
      return 'from(values)'
    case 'range':
      return `range(${source.start}, ${source.end}, ${source.step})`
  }
}

function formatOf(source: Source): ReadFormat {
  switch (source.kind) {
    case 'files':
      return source.format
    case 'values':
      return { format: 'arrow' }
    case 'range':
      return { format: 'range', start: source.start, step: source.step }
  }
}

/** Such a union is its input: it must not hide that the input is shared, nor what was asked for. */
function isUnionOfOne(node: LogicalNode): node is UnionNode {
  return node.kind === 'union' && node.inputs.length === 1
}

/** What each node is asked to have: by the `with` right above it, and for partitions by the nearest one above. */
function requests(nodes: readonly LogicalNode[]): Map<LogicalNode, Resources> {
  const asked = new Map<LogicalNode, Resources>()
  const ask = (node: LogicalNode, resources: Resources): void => {
    asked.set(node, largest(asked.get(node) ?? NO_RESOURCES, resources))
  }
  // Consumers before inputs, so that what is asked of a node is complete when it is handed on.
  for (const node of [...nodes].reverse()) {
    const { partitions, ...own } = asked.get(node) ?? NO_RESOURCES
    if (node.kind === 'with') {
      const handedOn = partitions === undefined ? own : { ...own, partitions }
      // The nearest `with` decides on partitions; for the rest the largest wins.
      const nearest = node.resources.partitions === undefined ? handedOn : own
      ask(node.input, largest(nearest, node.resources))
    } else if (isUnionOfOne(node)) {
      ask(node.inputs[0]!, asked.get(node) ?? NO_RESOURCES)
    } else if (partitions !== undefined) {
      for (const input of inputsOf(node)) ask(input, { partitions })
    }
  }
  return asked
}

/** Nodes that are one step each. */
type StepNode = Extract<
  LogicalNode,
  {
    kind: 'map' | 'flatMap' | 'filter' | 'mapBatches' | 'words' | 'select' | 'limit' | 'sample' | 'aggregate'
  }
>

class Translation {
  readonly #facts: Facts
  readonly #options: PlanOptions
  readonly #drafts = new Map<LogicalNode, DraftNode>()
  readonly #requests: Map<LogicalNode, Resources>

  constructor(plan: LogicalPlan, facts: Facts, options: PlanOptions) {
    this.#facts = facts
    this.#options = options
    const nodes = nodesOf(plan)
    this.#requests = requests(nodes)
    for (const node of nodes) this.#drafts.set(node, this.#translate(node))
  }

  draftOf(node: LogicalNode): DraftNode {
    return this.#drafts.get(node)!
  }

  #translate(node: LogicalNode): DraftNode {
    const resources = this.#requests.get(node) ?? NO_RESOURCES
    switch (node.kind) {
      case 'scan':
        return this.#scan(node, resources)
      case 'union': {
        const inputs = node.inputs.map(input => this.draftOf(input))
        return isUnionOfOne(node) ? inputs[0]! : unionDraft(inputs, resources)
      }
      case 'with':
        return this.draftOf(node.input)
      case 'sort':
        return sortDraft(node, this.draftOf(node.input), resources, this.#ref)
      case 'top': {
        const sort = sortDraft(node, this.draftOf(node.input), resources, this.#ref)
        // A rule makes one step of both, where so many rows can be held.
        return stepDraft({ op: 'limit', rows: node.rows }, sort, resources)
      }
      case 'join':
      case 'intersect':
      case 'except':
      case 'distinctBy': {
        const inputs = inputsOf(node).map(input => this.draftOf(input))
        return joinDrafts(node, inputs, resources, this.#ref)
      }
      case 'repartition':
        return repartitionDraft(node, this.draftOf(node.input), resources)
      default:
        return stepDraft(this.#step(node), this.draftOf(node.input), resources)
    }
  }

  #scan(node: ScanNode, resources: Resources): DraftNode {
    const cut = splitsOf(node, this.#facts.listings.get(node), this.#options)
    return scanDraft({ node, source: sourceText(node.source), format: formatOf(node.source), cut, resources })
  }

  #step(node: StepNode): Step {
    switch (node.kind) {
      case 'map':
      case 'flatMap':
      case 'filter':
        return { op: 'rows', steps: [{ kind: node.kind, fn: this.#ref(node.fn, node.at) }] }
      case 'mapBatches':
        return { op: 'mapBatches', fn: this.#ref(node.fn, node.at), size: node.size }
      case 'words':
        return { op: 'words' }
      case 'select':
        return { op: 'select', columns: node.columns }
      case 'limit':
        return { op: 'limit', rows: node.rows }
      case 'sample':
        return { op: 'sample', fraction: node.fraction, seed: node.seed }
      case 'aggregate':
        return {
          op: 'aggregate',
          phase: 'complete',
          keys: node.keys === 'all' ? 'all' : node.keys.map(key => this.#key(key, node.at)),
          aggregations: node.aggregations.map(({ as, spec }) => ({
            as,
            spec: this.#aggregation(spec, node.at),
          })),
          shape: node.shape,
        }
    }
  }

  #key(key: LogicalKey, at: string | undefined): KeySpec {
    return key.kind === 'column' ? key : { kind: 'function', fn: this.#ref(key.fn, at), as: key.as }
  }

  #aggregation(spec: LogicalAggregation, at: string | undefined): AggregationSpec {
    if (spec.op !== 'user') return spec
    return {
      op: 'user',
      init: this.#ref(spec.init, at),
      add: this.#ref(spec.add, at),
      merge: this.#ref(spec.merge, at),
      finish: this.#ref(spec.finish, at),
    }
  }

  readonly #ref = (fn: UserFunction, nodeAt: string | undefined): FunctionRef => {
    const facts = this.#facts.functions.get(fn)
    if (facts === undefined) {
      throw new DunlinError(
        'INTERNAL',
        `the function ${fn.name || '(anonymous)'} was not shipped before planning`,
      )
    }
    const at = facts.at ?? nodeAt
    return { fn: facts.index, name: facts.name, ...(at === undefined ? {} : { at }) }
  }
}

export function draftOf(plan: LogicalPlan, facts: Facts, options: PlanOptions): Draft {
  const translation = new Translation(plan, facts, options)
  return { outputs: plan.outputs.map(output => ({ output, root: translation.draftOf(output.input) })) }
}

/** The drafts of joins, set verbs and distinct by key, as yet without exchanges. */
import type { FunctionRef } from '../../operators/index.ts'
import type { DistinctByNode, JoinNode, Resources, SetNode, UserFunction } from '../logical.ts'
import { type DraftNode, joinDraft, type Step, stepDraft } from './draft.ts'

type Ref = (fn: UserFunction, at: string | undefined) => FunctionRef

/** No column of the user's is called so; every column of the records keeps its name. */
const COMPUTED_KEY = '\u0000distinct'

/** `inputs` are the drafts of the node's inputs. */
export function joinDrafts(
  node: JoinNode | SetNode | DistinctByNode,
  inputs: readonly DraftNode[],
  resources: Resources,
  ref: Ref,
): DraftNode {
  switch (node.kind) {
    case 'join':
      return joinOf(node, inputs, resources)
    case 'intersect':
    case 'except':
      return setOf(node, inputs, resources)
    case 'distinctBy':
      return distinctOf(node, inputs[0]!, resources, ref)
  }
}

/** The side that is built is settled with the exchanges. */
function joinOf(node: JoinNode, inputs: readonly DraftNode[], resources: Resources): DraftNode {
  const { how, on, suffix, strategy, broadcastBytes, divideSkew, at } = node
  const join = { op: 'join', how, on, nullsEqual: false, build: 'right' } as const
  const asked = {
    strategy,
    divideSkew,
    ...(broadcastBytes === undefined ? {} : { broadcastBytes }),
    ...(at === undefined ? {} : { at }),
  }
  return joinDraft({ ...join, ...(suffix === undefined ? {} : { suffix }) }, asked, inputs, resources)
}

/** Records of the left that the right has, or has not, and then each of them once. */
function setOf({ kind, at }: SetNode, inputs: readonly DraftNode[], resources: Resources): DraftNode {
  const how = kind === 'intersect' ? 'semi' : 'anti'
  const chosen = joinDraft(
    { op: 'join', how, on: 'all', nullsEqual: true, build: 'right' },
    { strategy: 'auto', divideSkew: false, ...(at === undefined ? {} : { at }) },
    inputs,
    resources,
  )
  const distinct: Step = {
    op: 'aggregate',
    phase: 'complete',
    keys: 'all',
    aggregations: [],
    shape: 'object',
  }
  return stepDraft(distinct, chosen, resources)
}

/** Keys that a function computes are columns for as long as they are compared. */
function distinctOf(node: DistinctByNode, input: DraftNode, resources: Resources, ref: Ref): DraftNode {
  const computed: { readonly as: string; readonly fn: FunctionRef }[] = []
  const keys = node.keys.map(key => {
    if (key.kind === 'column') return key.column
    const as = `${COMPUTED_KEY}${computed.length}`
    computed.push({ as, fn: ref(key.fn, node.at) })
    return as
  })
  const distinct: Step = { op: 'distinctBy', keys, phase: 'complete' }
  if (computed.length === 0) return stepDraft(distinct, input, resources)
  const keyed = stepDraft({ op: 'addColumns', columns: computed }, input, resources)
  const columns = computed.map(({ as }) => as)
  return stepDraft({ op: 'dropColumns', columns }, stepDraft(distinct, keyed, resources), resources)
}

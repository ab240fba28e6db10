/** Rule: the parts of a csv or arrow output share one schema, by one more exchange where tasks could differ. */
import { type Draft, type DraftNode, exchangeDraft, type ScanDraft, type StepDraft } from '../draft/draft.ts'
import { draftNodes } from '../draft/rewrite.ts'

const NOTE = 'all parts share a schema'

export function fixSchemas(draft: Draft): Draft {
  const needed = draft.outputs.some(({ output, root }) => isColumnar(output) && root.tasks > 1)
  if (!needed) return draft
  const schemas = knownSchemas(draft)
  let changed = false
  const outputs = draft.outputs.map(one => {
    if (!isColumnar(one.output) || one.root.tasks === 1 || schemas.get(one.root) !== null) return one
    changed = true
    return { ...one, root: exchangeDraft({ kind: 'none' }, one.root, NOTE) }
  })
  return changed ? { outputs } : draft
}

function isColumnar(output: Draft['outputs'][number]['output']): boolean {
  return output.kind === 'write' && (output.format === 'csv' || output.format === 'arrow')
}

/**
 * A name for the schema that all tasks of a node share, or null where each task infers its own. Equal names mean equal
 * schemas; an exchange has one because the driver unifies at the barrier.
 */
function knownSchemas(draft: Draft): Map<DraftNode, string | null> {
  const names = new Map<DraftNode, string | null>()
  for (const node of draftNodes(draft)) names.set(node, schemaName(node, names))
  return names
}

/** `names` has those of the nodes below; null where each task has a schema of its own. */
export function schemaName(node: DraftNode, names: ReadonlyMap<DraftNode, string | null>): string | null {
  switch (node.kind) {
    case 'scan':
      return scanSchema(node, names.size)
    case 'exchange':
      return `node ${names.size}`
    case 'union': {
      const [first = null, ...others] = node.inputs.map(input => names.get(input)!)
      return others.every(other => other === first) ? first : null
    }
    case 'join':
      return node.inputs.every(input => names.get(input)! !== null) ? `node ${names.size}` : null
    case 'step':
      return stepSchema(node, names.get(node.inputs[0]!)!, names.size)
  }
}

function scanSchema({ format, node: { source }, cut }: ScanDraft, serial: number): string | null {
  switch (format.format) {
    case 'text':
      return 'utf8'
    case 'range':
      return 'float64'
    case 'records':
      return JSON.stringify(format)
    case 'jsonl':
      return format.schema === undefined ? null : JSON.stringify(format.schema)
    case 'arrow':
      if (source.kind === 'values' && source.schema !== undefined) return JSON.stringify(source.schema)
      // A file has one schema; several need not have the same.
      return cut.objects <= 1 ? `node ${serial}` : null
  }
}

function stepSchema({ step }: StepDraft, input: string | null, serial: number): string | null {
  switch (step.op) {
    case 'words':
      return 'utf8'
    case 'limit':
    case 'sample':
    case 'sort':
    case 'top':
    case 'distinctBy':
      return input
    case 'sampleKeys':
    case 'splitters':
      return step.op
    case 'select':
    case 'dropColumns':
      return input === null ? null : `node ${serial}`
    case 'rows':
      return step.steps.every(({ kind }) => kind === 'filter') ? input : null
    case 'aggregate': {
      const own = step.aggregations.some(({ spec }) => spec.op === 'user')
      const computed = step.keys !== 'all' && step.keys.some(({ kind }) => kind === 'function')
      return own || computed || input === null ? null : `node ${serial}`
    }
    case 'asyncRows':
    case 'mapBatches':
    case 'addColumns':
      return null
  }
}

/** The columns that the records of a draft's node have, where that is known before anything runs. */
import type { Schema } from '../../operators/index.ts'
import type { DraftNode, ScanDraft, StepDraft } from '../draft/draft.ts'
import { joinedColumns } from '../joined-columns.ts'

/** Undefined where any record may come; only records with columns of their own can be read in part. */
export function declaredSchema({ node: { source }, format }: ScanDraft): Schema | undefined {
  if (source.kind === 'values') return source.schema
  return format.format === 'jsonl' ? format.schema : undefined
}

/** `inputs` are the columns of the node's inputs; null means that records may have any. */
export function knownColumns(
  node: DraftNode,
  inputs: readonly (readonly string[] | null)[],
): readonly string[] | null {
  const [input = null, second = null] = inputs
  switch (node.kind) {
    case 'scan':
      return ofScan(node)
    case 'step':
      return ofStep(node, input)
    case 'exchange':
      return input
    case 'union':
      return input !== null && inputs.every(other => other?.join('\n') === input.join('\n')) ? input : null
    case 'join': {
      const { how } = node.join
      if (how === 'semi' || how === 'anti') return input
      if (input === null || second === null) return null
      return joinedColumns(input, second, node.join).map(({ as }) => as)
    }
  }
}

function ofScan(scan: ScanDraft): readonly string[] | null {
  const { format } = scan.format
  if (format === 'text' || format === 'range') return ['value']
  const declared = declaredSchema(scan)
  return declared === undefined || declared.shape === 'record'
    ? null
    : declared.fields.map(({ name }) => name)
}

function ofStep({ step }: StepDraft, input: readonly string[] | null): readonly string[] | null {
  switch (step.op) {
    case 'words':
      return ['value']
    case 'select':
      return step.columns.map(({ as }) => as)
    case 'rows':
      return step.steps.every(({ kind }) => kind === 'filter') ? input : null
    case 'limit':
    case 'sort':
    case 'top':
    case 'sample':
    case 'distinctBy':
      return input
    case 'addColumns':
      return input === null ? null : [...input, ...step.columns.map(({ as }) => as)]
    case 'dropColumns':
      return input === null ? null : input.filter(name => !step.columns.includes(name))
    case 'aggregate':
      if (step.keys === 'all') return input
      // States of a partial aggregation have names of their own.
      if (step.phase === 'partial' || step.shape !== 'object') return null
      return [...step.keys, ...step.aggregations].map(({ as }) => as)
    case 'sampleKeys':
    case 'splitters':
    case 'asyncRows':
    case 'mapBatches':
      return null
  }
}

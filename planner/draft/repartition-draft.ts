/** The draft of a repartition: an exchange, which a rule completes where it is by order. */
import type { Partitioning } from '../../operators/index.ts'
import type { RepartitionNode, Resources } from '../logical.ts'
import { type DraftNode, exchangeDraft, SPLITTERS_UNPLACED } from './draft.ts'

function partitioningOf({ partitions, keys }: RepartitionNode): Partitioning {
  // Dividing into one partition is a gather that costs more.
  if (partitions === 1) return { kind: 'gather' }
  if (keys !== undefined) return { kind: 'hash', keys, partitions }
  return { kind: 'range', keys: [], partitions, splitters: SPLITTERS_UNPLACED }
}

export function repartitionDraft(node: RepartitionNode, input: DraftNode, resources: Resources): DraftNode {
  const partitioning = partitioningOf(node)
  // `partitions` is for exchanges that are not asked for one by one.
  const { partitions: _, ...own } = resources
  return exchangeDraft(partitioning, input, 'asked for by repartition', { resources: own })
}

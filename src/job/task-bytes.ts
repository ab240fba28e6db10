/** How many bytes a task reads, as far as splits and manifests have told. */
import { isBroadcast, partitionsOf } from '../../planner/index.ts'
import type { Step, TaskRef } from './step.ts'

/** What all tasks read alike counts for nothing. Null where it is not known of every input. */
export function bytesOf(step: Step, { position, task }: TaskRef): number | null {
  const { stage, inputBytes } = step.stage(position)
  let sum = 0
  for (const [i, partition] of partitionsOf(stage, task).entries()) {
    const input = stage.inputs[i]!
    if (partition === null || isBroadcast(input)) continue
    // Undivided, task n reads what task n wrote: of that nothing is told.
    if (input.kind === 'exchange' && input.partitioning.kind === 'none') return null
    // Of merged slices only sums over groups of partitions are told.
    if (input.kind === 'exchange' && (input.merge ?? input.merged) !== undefined) return null
    const sizes =
      input.kind === 'exchange' ? step.stage(step.positionOf(input.from)).partitionBytes : inputBytes[i]
    const bytes = sizes?.[partition]
    if (bytes === undefined) return null
    sum += bytes
  }
  return sum
}

/** Which partition of which input a task reads. */
import type { Planned, Split, Stage, StageId } from './physical.ts'

/** One an input of the stage: the partition of it that the task reads, or null where it reads none of it. */
export function partitionsOf(stage: Stage, task: number): readonly (number | null)[] {
  let before = 0
  return stage.inputs.map(input => {
    const partitions = input.kind === 'splits' ? input.tasks : input.partitions
    const own = stage.layout === 'zip' ? task : task - before
    before += partitions
    return own >= 0 && own < partitions ? own : null
  })
}

/** One an input of the stage: the split that the task reads; null where that is an exchange, or not the task's. */
export function splitsOfTask(planned: Planned, stage: StageId, task: number): readonly (Split | null)[] {
  const { plan, splits } = planned
  const own = splits.get(stage) ?? []
  return partitionsOf(plan.stages[stage]!, task).map((partition, input) =>
    partition === null ? null : (own[input]?.[partition] ?? null),
  )
}

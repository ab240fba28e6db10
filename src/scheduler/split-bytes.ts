/** How many bytes the tasks of a stage read of its sources, as the plan's splits tell. */
import type { Planned, Split, Stage, StageId, StageInput } from '../../planner/index.ts'

/** One an input of the stage: bytes of each of its splits; null where it is an exchange, or not counted in bytes. */
export type InputBytes = readonly (readonly number[] | null)[]

export function splitBytes({ splits }: Planned, stage: Stage): InputBytes {
  const byInput = splits.get(stage.id)
  return stage.inputs.map((input, i) => {
    const own = byInput?.[i]
    return own != null && isInBytes(input) ? own.map(bytesOf) : null
  })
}

/** Splits of Arrow files count record batches, those of ranges numbers. */
function isInBytes(input: StageInput): boolean {
  return input.kind === 'splits' && input.format.format !== 'arrow' && input.format.format !== 'range'
}

function bytesOf({ ranges }: Split): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0)
}

/** The same of all stages of a plan. */
export function splitBytesOf(planned: Planned): ReadonlyMap<StageId, InputBytes> {
  return new Map(planned.plan.stages.map(stage => [stage.id, splitBytes(planned, stage)]))
}

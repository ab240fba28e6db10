/** Whether an engine has what the stages of a plan ask for, before anything runs. */
import { DunlinError } from '../../operators/index.ts'
import { DEFAULT_TIMEOUT_MS, type EngineFacts, type PhysicalPlan } from '../../planner/index.ts'

/** @throws CONFIGURATION that names the stage, what it asks for, and what there is */
export function checkResources({ stages }: Pick<PhysicalPlan, 'stages'>, facts: EngineFacts): void {
  const { name, memorySizesMb, mostTimeoutMs } = facts
  for (const { id, title, memoryMb, timeoutMs } of stages) {
    const place = { stage: id }
    const most = memorySizesMb?.at(-1)
    if (most !== undefined && memoryMb > most) {
      throw new DunlinError(
        'CONFIGURATION',
        `stage ${id} (${title}) asks for ${memoryMb} MB, and workers of the engine ${name} have ${memorySizesMb!.join(', ')} MB`,
        { hint: `Ask for ${most} MB at most by \`.with({ memoryMb })\`, or deploy a larger size.`, place },
      )
    }
    // What nobody asked for is cut by the platform.
    const isAsked = timeoutMs !== DEFAULT_TIMEOUT_MS
    if (mostTimeoutMs !== undefined && isAsked && timeoutMs > mostTimeoutMs) {
      throw new DunlinError(
        'CONFIGURATION',
        `stage ${id} (${title}) asks for ${timeoutMs} ms a task, and the engine ${name} gives ${mostTimeoutMs} ms at most`,
        {
          hint: 'Ask for less by `.with({ timeoutMs })`, and give each task less to do: smaller splits, more partitions.',
          place,
        },
      )
    }
  }
}

/** Digests of stages: two that are equal stand for equal outputs, whichever jobs the stages are of. */
import { createHash } from 'node:crypto'
import { stageText } from './canonical-text.ts'
import type { PhysicalPlan, StageId } from './physical.ts'

/**
 * SHA-256 of all that decides what a stage gives: its canonical text (which names the listing and the cuts of what it
 * reads), the code, the seed, what runs it, and the digests of the stages that it reads.
 *
 * @example
 * stageDigests(planned.plan, { seed: 0, engine: 'dunlin 0.1.0' }).get(stage.id) // '3f0a…'
 */
export function stageDigests(
  plan: Pick<PhysicalPlan, 'stages' | 'codeHash'>,
  options: {
    readonly seed: number
    /** What runs the stages, and how it writes: another may give other outputs. */
    readonly engine: string
  },
): ReadonlyMap<StageId, string> {
  const digests = new Map<StageId, string>()
  for (const stage of plan.stages) {
    const hash = createHash('sha256').update(
      `engine ${options.engine}\ncode ${plan.codeHash}\nseed ${options.seed}\n${stageText(stage)}`,
    )
    for (const input of stage.inputs) {
      if (input.kind === 'exchange') hash.update(`\nfrom ${digests.get(input.from)!}`)
    }
    digests.set(stage.id, hash.digest('hex'))
  }
  return digests
}

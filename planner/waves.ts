/** Waves: the stages in topological generations. The graph holds ids only. */
import { alg, Graph } from '@dagrejs/graphlib'
import { DunlinError } from '../operators/index.ts'
import type { Stage, StageId } from './physical.ts'

function graphOf(stages: readonly Stage[]): Graph {
  const graph = new Graph()
  for (const stage of stages) graph.setNode(String(stage.id))
  for (const stage of stages) {
    for (const input of stage.inputs) {
      if (input.kind === 'exchange') graph.setEdge(String(input.from), String(stage.id))
    }
  }
  return graph
}

/**
 * The stages of a wave depend only on those of earlier waves, and each stage is in the earliest that allows that.
 *
 * @throws DunlinError `INVALID_PLAN` when stages wait for each other.
 */
export function wavesOf(stages: readonly Stage[]): StageId[][] {
  const graph = graphOf(stages)
  if (!alg.isAcyclic(graph)) {
    const cycles = alg.findCycles(graph).map(cycle => cycle.join(' → '))
    throw new DunlinError('INVALID_PLAN', `stages wait for each other: ${cycles.join('; ')}`)
  }
  const waveOf = new Map<string, number>()
  const waves: StageId[][] = []
  for (const id of alg.topsort(graph)) {
    const before = (graph.predecessors(id) ?? []).map(other => waveOf.get(other)! + 1)
    const wave = Math.max(0, ...before)
    waveOf.set(id, wave)
    const stagesOfWave = (waves[wave] ??= [])
    stagesOfWave.push(Number(id) as StageId)
  }
  for (const wave of waves) wave.sort((a, b) => a - b)
  return waves
}

/** readOutputs: what a job gave, read past the simulated network. */
import type { FinishedJob } from '../../src/engine/drive-job.ts'
import type { Objects } from './object-space.ts'
import { listedParts, outputSpaces, type SimulationRun } from './simulation-run.ts'
import { type Found, recordsOfFile } from './workload.ts'
import { ENGINE_URI } from './world.ts'

export function readOutputs(run: Pick<SimulationRun, 'world' | 'workload'>, job: FinishedJob): Found[] {
  const { world, workload } = run
  const directories = new Map(outputSpaces(run).map(({ index, space }) => [index, space]))
  return workload.prepared.logical.outputs.map((output, index): Found => {
    if (output.kind === 'write') {
      return readDirectory(directories.get(index)!)
    }
    const stage = job.planned.plan.stages.find(
      one => one.output.kind === 'result' && one.output.output === index,
    )!
    const records = (job.results.results.get(stage.id) ?? []).flatMap(({ part }) => {
      if (part === undefined || part.rows === 0) return []
      const object = world.space(ENGINE_URI).get(part.key)
      return object === undefined ? ['a part of the result is gone'] : recordsOfFile(object.bytes)
    })
    return { kind: 'records', records }
  })
}

/** The parts that `_SUCCESS` lists, one after another. */
export function readDirectory(space: Objects): Found {
  const parts = listedParts(space) ?? []
  const text = parts.map(({ name }) => Buffer.from(space.get(name)?.bytes ?? []).toString()).join('')
  return { kind: 'text', text }
}

/** What one task of a stage reads and runs. */
import { DunlinError, type OperatorSpec } from '../operators/index.ts'
import type { Planned, Split, Stage } from './physical.ts'

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

/**
 * One an input of the stage: the split that the task reads; null where that is an exchange, or not the task's.
 *
 * @throws DunlinError `INTERNAL` where the plan does not have the split: a task must not pass for one without input
 */
export function splitsOfTask(planned: Planned, stage: Stage, task: number): readonly (Split | null)[] {
  const byInput = planned.splits.get(stage.id)
  return partitionsOf(stage, task).map((partition, input) => {
    if (partition === null || stage.inputs[input]!.kind === 'exchange') return null
    const split = byInput?.[input]?.[partition]
    if (split !== undefined) return split
    const what = `split ${partition} for input ${input} of stage ${stage.id}`
    throw new DunlinError('INTERNAL', `the plan has no ${what}`, { place: { stage: stage.id, task } })
  })
}

/**
 * The operators that a task runs: the stage's tree without the branches of unions whose inputs the task does not read.
 * A branch that is not there must not run on nothing instead: a count of nothing is a row.
 */
export function rootOfTask(stage: Stage, task: number): OperatorSpec {
  const partitions = partitionsOf(stage, task)
  const root = withInputs(stage.root, input => partitions[input] !== null)
  if (root === null) throw new DunlinError('INTERNAL', `task ${task} of stage ${stage.id} reads no input`)
  return root
}

function withInputs(spec: OperatorSpec, has: (input: number) => boolean): OperatorSpec | null {
  switch (spec.op) {
    case 'input':
      return has(spec.input) ? spec : null
    case 'union': {
      const inputs = spec.inputs.map(input => withInputs(input, has)).filter(input => input !== null)
      if (inputs.length <= 1) return inputs[0] ?? null
      return { op: 'union', inputs }
    }
    default: {
      const input = withInputs(spec.input, has)
      return input === null ? null : { ...spec, input }
    }
  }
}

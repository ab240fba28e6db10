/** What one task of a stage reads and runs. */
import { DunlinError, type OperatorSpec } from '../operators/index.ts'
import { mergeTasks } from './merge-shape.ts'
import type { Planned, Split, Stage, StageInput } from './physical.ts'

/** One an input of the stage: the partition of it that the task reads, or null where it reads none of it. */
export function partitionsOf(stage: Stage, task: number): readonly (number | null)[] {
  const divided = dividedPartitions(stage, task)
  if (!stage.inputs.some(isBroadcast)) return divided
  const needed = new Set(splittersOf(stage))
  const root = pruned(stage, divided)
  if (root !== null) for (const input of inputsOfTree(root)) needed.add(input)
  return stage.inputs.map((input, i) => (isBroadcast(input) ? (needed.has(i) ? 0 : null) : divided[i]!))
}

/** Whether every task that needs the input reads all of it. */
export function isBroadcast(input: StageInput): boolean {
  return input.kind === 'exchange' && input.partitioning.kind === 'broadcast'
}

/** The input that says how to divide the stage's output by range, if it is divided so. */
function splittersOf({ output }: Stage): number[] {
  return output.kind === 'exchange' && output.partitioning.kind === 'range' && output.merged === undefined
    ? [output.partitioning.splitters]
    : []
}

/** The same of the inputs that are divided among the tasks; null where one is broadcast. */
function dividedPartitions(stage: Stage, task: number): (number | null)[] {
  let before = 0
  return stage.inputs.map(input => {
    if (isBroadcast(input)) return null
    const partitions = partsOf(input)
    const own = stage.layout === 'zip' ? task : task - before
    before += partitions
    return own >= 0 && own < partitions ? own : null
  })
}

/** How many tasks an input is divided among. */
function partsOf(input: StageInput): number {
  if (input.kind === 'splits') return input.tasks
  return input.merge === undefined ? input.partitions : mergeTasks(input.merge)
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
  const root = pruned(stage, dividedPartitions(stage, task))
  if (root === null) throw new DunlinError('INTERNAL', `task ${task} of stage ${stage.id} reads no input`)
  return root
}

function pruned(stage: Stage, divided: readonly (number | null)[]): OperatorSpec | null {
  return withInputs(stage.root, input => divided[input] !== null || isBroadcast(stage.inputs[input]!))
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
    case 'join': {
      // Both sides or nothing: what is broadcast to a join is only there for the rows that are not.
      const [left, right] = spec.inputs.map(input => withInputs(input, has))
      return left == null || right == null ? null : { ...spec, inputs: [left, right] }
    }
    default: {
      const input = withInputs(spec.input, has)
      return input === null ? null : { ...spec, input }
    }
  }
}

/** The inputs of a stage that an operator tree reads, from left to right. */
export function inputsOfTree(spec: OperatorSpec): number[] {
  if (spec.op === 'input') return [spec.input]
  return 'inputs' in spec ? spec.inputs.flatMap(inputsOfTree) : inputsOfTree(spec.input)
}

/** How many tasks of a stage read a broadcast input: all that need it. */
export function readersOfBroadcast(stage: Stage, input: number): number {
  if (stage.layout === 'zip') return stage.tasks
  let readers = 0
  for (let task = 0; task < stage.tasks; task++) if (partitionsOf(stage, task)[input] !== null) readers++
  return readers
}

/** The command that launches a task or a manifest: what the worker is told beside the plan. */

import { firstMemoryMb, indexRows } from '../../planner/index.ts'
import type { ExchangeSource, Generations } from '../task/task-event.ts'
import type { Command } from './command.ts'
import { MANIFEST, type StageState } from './state.ts'
import type { Step, TaskRef } from './step.ts'

type LaunchCommand = Extract<Command, { type: 'launchTask' | 'launchManifest' }>

export function launchCommand(step: Step, ref: TaskRef, attempt: number): LaunchCommand {
  const state = step.stage(ref.position)
  const { generation } = step.task(ref)
  const stage = state.stage.id
  const memoryMb = memoryOf(step, ref)
  if (ref.task === MANIFEST) {
    const { tasks, rows, schema } = state.prefix
    const { output } = state.stage
    const partitions = output.kind === 'exchange' ? indexRows(output) : 1
    const generations = generationsOf(state)
    return {
      type: 'launchManifest',
      stage,
      attempt,
      generation,
      memoryMb,
      tasks,
      generations,
      partitions,
      rows,
      schema,
    }
  }
  const exchanges = state.stage.inputs.map(input =>
    input.kind === 'exchange' ? sourceOf(step, step.stage(step.positionOf(input.from))) : null,
  )
  return { type: 'launchTask', stage, task: ref.task, attempt, generation, memoryMb, exchanges }
}

/** What the task is given: what its stage starts with, or more since it has run out of it. */
export function memoryOf(step: Step, ref: TaskRef): number {
  const { stage } = step.stage(ref.position)
  const { memorySizesMb, memoryIsTotal } = step.state.backend
  return step.task(ref).tries.memoryMb ?? firstMemoryMb(memorySizesMb, memoryIsTotal ? stage.memoryMb : 0)
}

function sourceOf(step: Step, { stage, origin, manifest }: StageState): ExchangeSource {
  const { generation } = manifest
  return origin
    ? { job: origin.job, stage: origin.stage, generation }
    : { job: step.state.job.id, stage: stage.id, generation }
}

/** Most tasks have one generation: the first, or that of a stage which was made again as a whole. */
function generationsOf({ prefix, tasks, manifest }: StageState): Generations {
  const others: Record<number, number> = {}
  // A manifest is made again whenever one of its producers is.
  if (manifest.generation === 0) return { base: 0, others }
  const base = mostFrequentGeneration(tasks, prefix.tasks)
  for (let task = 0; task < prefix.tasks; task++) {
    const { generation } = tasks.get(task)
    if (generation !== base) others[task] = generation
  }
  return { base, others }
}

function mostFrequentGeneration(tasks: StageState['tasks'], count: number): number {
  const times = new Map<number, number>()
  for (let task = 0; task < count; task++) {
    const { generation } = tasks.get(task)
    times.set(generation, (times.get(generation) ?? 0) + 1)
  }
  let most = 0
  for (const [generation, n] of times) if (n > (times.get(most) ?? 0)) most = generation
  return most
}

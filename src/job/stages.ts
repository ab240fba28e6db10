/** The life of a stage: it starts, releases its tasks, takes in their commits in order, closes and finishes. */

import { DunlinError, type Failure, type Schema, unifySchemas } from '../../operators/index.ts'
import { isBroadcast, readersOfBroadcast, type Stage } from '../../planner/index.ts'
import { conservationFailure, type Produced } from './conservation.ts'
import { cancelTasks, failJob } from './ending.ts'
import { addTallies, toleranceFailure } from './policies/error-policy.ts'
import { MANIFEST, type StageState } from './state.ts'
import type { Step } from './step.ts'

/** A partial wave that has not enough rows goes on to this many times as many tasks: 1, 4, 16 … */
const PARTIAL_WAVE_GROWTH = 4

/** Starts a stage whose inputs have finished, or lets one go on that had to wait for what it reads. */
export function startIfUnblocked(step: Step, position: number): void {
  const { phase, stage, released } = step.stage(position)
  if (!step.running || phase !== 'blocked' || !inputsFinished(step, stage)) return
  step.updateStage(position, { phase: 'running' })
  if (released === 0) step.emit({ type: 'stageStarted', stage: stage.id, tasks: stage.tasks })
  else pushPending(step, position)
  takeCommits(step, position)
}

function inputsFinished(step: Step, stage: Stage): boolean {
  return stage.inputs.every(
    input => input.kind !== 'exchange' || step.stage(step.positionOf(input.from)).phase === 'finished',
  )
}

/** Tasks that have been released and wait for a launch: what stood in the queue before may have been passed over. */
function pushPending(step: Step, position: number): void {
  const { tasks, released } = step.stage(position)
  for (let from = 0; from < released; from++) {
    if (tasks.get(from).state !== 'pending') continue
    let to = from + 1
    while (to < released && tasks.get(to).state === 'pending') to++
    step.pushReady({ position, from, to })
    from = to
  }
}

/**
 * Moves the prefix over the tasks that have committed since, in task order whatever the order of arrival, then
 * does what follows: closes the stage, releases more of it, or fails the job by the first task that is missing
 * for good.
 */
export function takeCommits(step: Step, position: number): void {
  const state = step.stage(position)
  const { stage } = state
  let { tasks, rows, schema, skipped } = state.prefix
  for (; tasks < stage.tasks && !hasEnough(stage, rows); tasks++) {
    const task = state.tasks.get(tasks)
    if (task.state === 'failed') {
      failJob(step, task.failure)
      return
    }
    if (task.state !== 'committed') break
    const unified = unify(schema, task.schema, stage, tasks)
    if ('failure' in unified) {
      failJob(step, unified.failure)
      return
    }
    schema = unified.schema
    rows += task.rowsOut
    skipped = addTallies(skipped, task.skipped)
  }
  step.updateStage(position, {
    prefix: { tasks, rows, schema, ...(skipped === undefined ? {} : { skipped }) },
  })
  if (tasks === stage.tasks || hasEnough(stage, rows)) closeStage(step, position)
  else if (tasks >= state.released) releaseTasks(step, position)
}

function hasEnough(stage: Stage, rows: number): boolean {
  return stage.until !== undefined && rows >= stage.until.rows
}

function unify(
  schema: Schema | null,
  next: Schema | null,
  stage: Stage,
  task: number,
): { readonly schema: Schema | null } | { readonly failure: Failure } {
  try {
    return { schema: unifySchemas(schema, next, { operator: stage.title }) }
  } catch (error) {
    if (!(error instanceof DunlinError)) throw error
    return {
      // Without a stack: it would tell who called `advance`, and the same events must give the same commands.
      failure: {
        code: error.code,
        message: `stage ${stage.id} (${stage.title}): ${error.message}`,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        retryable: false,
        place: { operator: stage.title, ...error.place, stage: stage.id, task },
        causes: [],
      },
    }
  }
}

function releaseTasks(step: Step, position: number): void {
  const { stage, released, prefix } = step.stage(position)
  const goal = stage.until === undefined ? stage.tasks : Math.max(1, released * PARTIAL_WAVE_GROWTH)
  // Of a job that was taken over, more may have committed than were released so far.
  const to = Math.min(stage.tasks, Math.max(goal, prefix.tasks + 1))
  step.updateStage(position, { released: to })
  step.pushReady({ position, from: released, to })
}

function closeStage(step: Step, position: number): void {
  const { stage, exchangeRowsIn, manifest, prefix, released } = step.stage(position)
  const failure =
    conservationFailure(stage, exchangeRowsIn, producedFor(step, stage)) ??
    toleranceFailure(stage, prefix.skipped)
  if (failure !== null) {
    failJob(step, failure)
    return
  }
  cancelTasks(step, position, prefix.tasks, released)
  if (stage.output.kind !== 'exchange' || manifest.state === 'committed') {
    finishStage(step, position)
  } else {
    step.updateStage(position, { phase: 'closing' })
    step.pushReady({ position, from: MANIFEST, to: MANIFEST + 1 })
  }
}

function producedFor(step: Step, stage: Stage): Produced[] {
  return stage.inputs.flatMap((input, i) => {
    if (input.kind !== 'exchange') return []
    const producer = step.stage(step.positionOf(input.from))
    const times = isBroadcast(input) ? readersOfBroadcast(stage, i) : 1
    return [{ stage: producer.stage, rows: producer.prefix.rows * times }]
  })
}

/** The stage's output can be read from now on. */
export function finishStage(step: Step, position: number): void {
  step.updateStage(position, { phase: 'finished' })
  step.update({ unfinished: step.state.unfinished - 1 })
  const { stage, manifest, prefix, readers } = step.stage(position)
  step.emit({
    type: 'stageFinished',
    stage: stage.id,
    rowsOut: prefix.rows,
    ...skipped(step.stage(position)),
    ...(stage.output.kind === 'exchange' ? { exchange: { generation: manifest.generation, ...prefix } } : {}),
  })
  for (const reader of readers) startIfUnblocked(step, reader)
}

function skipped({ stage, launched }: StageState): { readonly skipped?: number } {
  return launched < stage.tasks ? { skipped: stage.tasks - launched } : {}
}

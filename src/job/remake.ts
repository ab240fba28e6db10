/**
 * Making again what had committed: an output that is lost or damaged, under the next generation, and with it all that
 * was made from rows which come out differently the second time (SPARK-23243 is what happens without).
 */
import { DunlinError, type Failure, toFailure } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import { cancelUnanswered, failJob } from './ending.ts'
import { startIfUnblocked } from './stages.ts'
import { MANIFEST, type TaskState } from './state.ts'
import type { Step, TaskRef } from './step.ts'
import { highestGeneration, pending } from './task-states.ts'

/** An output that is lost again and again is not a matter of luck. */
const LOSSES_AT_MOST = 5

/** `failure.lost` says what an attempt of `by` could not read: it is made again, unless it is being made already. */
export function remakeLost(step: Step, by: TaskRef, failure: Failure): void {
  const lost = failure.lost!
  const position =
    lost.job === step.state.job.id ? step.state.positions.get(lost.stage as StageId) : undefined
  if (position === undefined) {
    failJob(step, {
      ...failure,
      hint: `Job ${lost.job} has computed it: remove that by \`dunlin jobs clean ${lost.job}\`, and run again.`,
    })
    return
  }
  const ref = { position, task: lost.task ?? MANIFEST }
  const task = step.task(ref)
  if (task.generation !== lost.generation) return
  // A task that finds its own commit there, and damaged, cannot commit under this generation any more.
  const isOwn = by.position === ref.position && by.task === ref.task
  if (task.state !== 'committed' && !isOwn) return
  const losses = (task.tries.lost ?? 0) + 1
  if (losses > LOSSES_AT_MOST) {
    failJob(step, failedForGood(failure))
    return
  }
  step.setTask(ref, { ...task, tries: { ...task.tries, lost: losses } })
  const { stage } = step.stage(position)
  const generation = task.generation + 1
  if (ref.task === MANIFEST) {
    reopen(step, position)
    step.emit({ type: 'manifestRemade', stage: stage.id, generation, failure })
  } else {
    remakeTask(step, position, ref.task)
    reopen(step, position)
    step.emit({ type: 'taskRemade', stage: stage.id, task: ref.task, generation, failure })
  }
  startIfUnblocked(step, position)
}

/**
 * A task of the stage at `position` has committed other rows than those that its readers may have read: all tasks of
 * theirs are made again, also those of which nothing is known, since an attempt of an earlier driver may be at work.
 */
export function redoReaders(step: Step, position: number): void {
  for (const reader of step.stage(position).readers) {
    const { stage, released, isUntouched, origin } = step.stage(reader)
    // It does not run in this job, and has read nothing of it: whoever reads it reads what another job has made.
    if (origin !== undefined) continue
    const mayHaveRead = released > 0 || step.state.job.epoch > 1
    if (!mayHaveRead || isUntouched) continue
    const generation = highestGeneration(step.stage(reader).tasks) + 1
    for (let task = 0; task < stage.tasks; task++) remakeTask(step, reader, task, generation)
    reopen(step, reader)
    step.updateStage(reader, { isUntouched: true })
    step.emit({ type: 'taskRemade', stage: stage.id, task: null, generation })
  }
}

function remakeTask(step: Step, position: number, task: number, generation?: number): void {
  const ref = { position, task }
  const before = step.task(ref)
  cancelUnanswered(step, ref)
  const { exchangeRowsIn } = step.stage(position)
  const read = before.state === 'committed' ? before.exchangeRowsIn : 0
  step.setTask(ref, pending(before, generation ?? before.generation + 1), {
    exchangeRowsIn: exchangeRowsIn - read,
  })
}

/** The stage is not finished any more, and its index is made anew; what reads it waits. */
function reopen(step: Step, position: number): void {
  const { phase, manifest, released, tasks } = step.stage(position)
  if (phase === 'finished') step.update({ unfinished: step.state.unfinished + 1 })
  cancelUnanswered(step, { position, task: MANIFEST })
  step.updateStage(position, {
    phase: 'blocked',
    prefix: { tasks: 0, rows: 0, schema: null },
    manifest: pending(manifest, manifest.generation + 1),
  })
  // What a partial wave had cancelled may be needed now.
  if (phase === 'closing' || phase === 'finished') {
    for (let task = 0; task < released; task++) {
      const state: TaskState = tasks.get(task)
      if (state.state === 'running') step.setTask({ position, task }, pending(state))
    }
  }
  for (const reader of step.stage(position).readers) {
    if (step.stage(reader).phase === 'running') step.updateStage(reader, { phase: 'blocked' })
  }
}

function failedForGood(failure: Failure): Failure {
  const { stage, task } = failure.lost!
  const what =
    task === null ? `the exchange manifest of stage ${stage}` : `the output of task ${task} of stage ${stage}`
  return {
    ...toFailure(
      new DunlinError('CORRUPT', `${what} was lost ${LOSSES_AT_MOST + 1} times: ${failure.message}`, {
        hint: 'Something outside of the job removes or changes files of its store: check the disk or bucket.',
        place: failure.place,
        lost: failure.lost!,
      }),
    ),
    // Without a stack: it would tell who called `advance`, and the same events must give the same commands.
    stack: '',
  }
}

/**
 * Making again what had committed: an output that is lost or damaged, under the next generation, and with it all that
 * was made from rows which come out differently the second time (SPARK-23243 is what happens without).
 */
import { DunlinError, type Failure, type LostOutput, toFailure } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import { cancelUnanswered, failJob } from './ending.ts'
import { PersistentVector } from './persistent-vector.ts'
import { startIfUnblocked } from './stages.ts'
import { EMPTY_PREFIX, MANIFEST, type TaskState } from './state.ts'
import type { Step, TaskRef } from './step.ts'
import { highestGeneration, pending, untried } from './task-states.ts'

/** Of what an earlier job had made. */
const FIRST_REMADE = 1
/** An output that is lost again and again is not a matter of luck. */
const LOSSES_AT_MOST = 5

/**
 * `failure.lost` and `others` (of the same stage, the generation by the task) say what an attempt of `by` could not read:
 * all of it is made again at once, for one barrier, but for what is being made already.
 */
export function remakeLost(step: Step, by: TaskRef, failure: Failure, others: Losses = {}): void {
  const lost = failure.lost!
  if (lost.job !== step.state.job.id) {
    runAfterAll(step, lost, failure)
    return
  }
  const position = step.positionOf(lost.stage as StageId)
  const all = [[lost.task ?? MANIFEST, lost.generation] as const, ...entriesOf(others)]
  const again = all.flatMap(([task, generation]) =>
    isToBeMadeAgain(step, { position, task }, generation, by) ? [task] : [],
  )
  if (again.length === 0) return
  const isRunning = step.stage(position).phase === 'running'
  for (const task of again) {
    const ref = { position, task }
    const { tries, ...state } = step.task(ref)
    const losses = (tries.lost ?? 0) + 1
    if (losses > LOSSES_AT_MOST) {
      failJob(step, failedForGood(failure, task))
      return
    }
    step.setTask(ref, { ...state, tries: { ...tries, lost: losses } })
    if (task !== MANIFEST) remakeTask(step, position, task)
  }
  reopen(step, position)
  emitRemade(step, position, again, failure)
  if (!isRunning) startIfUnblocked(step, position)
  else {
    // Others of it are being made already: these join them.
    step.updateStage(position, { phase: 'running' })
    for (const task of again) step.pushReady({ position, from: task, to: task + 1 })
  }
}

/**
 * An output of an earlier job is lost: the stage that was to use it runs in this job, and what it reads, too. Nothing is
 * known of the rows that its readers have had: they are made again with it.
 */
function runAfterAll(step: Step, lost: LostOutput, failure: Failure): void {
  const position = [...step.state.stages].findIndex(
    ({ origin }) => origin?.job === lost.job && origin.stage === lost.stage,
  )
  if (position === -1) {
    failJob(step, failure)
    return
  }
  runInThisJob(step, position, failure)
  redoReaders(step, position)
}

function runInThisJob(step: Step, position: number, failure?: Failure): void {
  const { stage } = step.stage(position)
  step.update({ unfinished: step.state.unfinished + 1 })
  step.updateStage(position, {
    phase: 'blocked',
    origin: undefined,
    tasks: PersistentVector.filled(stage.tasks, untried(FIRST_REMADE)),
    manifest: untried(FIRST_REMADE),
    prefix: EMPTY_PREFIX,
  })
  const why = failure === undefined ? {} : { failure }
  step.emit({ type: 'taskRemade', stage: stage.id, task: null, generation: FIRST_REMADE, ...why })
  blockReaders(step, position)
  for (const input of stage.inputs) {
    if (input.kind !== 'exchange') continue
    const read = step.positionOf(input.from)
    if (step.stage(read).origin === null) runInThisJob(step, read)
  }
  startIfUnblocked(step, position)
}

type Losses = Readonly<Record<number, number>>

const entriesOf = (losses: Losses): (readonly [task: number, generation: number])[] =>
  Object.entries(losses).map(([task, generation]) => [Number(task), generation])

function isToBeMadeAgain(step: Step, ref: TaskRef, generation: number, by: TaskRef): boolean {
  const task = step.task(ref)
  if (task.generation !== generation) return false
  // A task that finds its own commit there, and damaged, cannot commit under this generation any more.
  const isOwn = by.position === ref.position && by.task === ref.task
  return task.state === 'committed' || isOwn
}

function emitRemade(step: Step, position: number, [task, ...others]: readonly number[], failure: Failure) {
  const { id: stage } = step.stage(position).stage
  const generationOf = (of: number): number => step.task({ position, task: of }).generation
  const generation = generationOf(task!)
  if (task === MANIFEST) {
    step.emit({ type: 'manifestRemade', stage, generation, failure })
    return
  }
  const too = Object.fromEntries(others.map(other => [other, generationOf(other)]))
  const also = others.length === 0 ? {} : { others: too }
  step.emit({ type: 'taskRemade', stage, task: task!, generation, ...also, failure })
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
  const { stage, phase, manifest, released, tasks } = step.stage(position)
  if (phase === 'finished') step.update({ unfinished: step.state.unfinished + 1 })
  cancelUnanswered(step, { position, task: MANIFEST })
  step.updateStage(position, {
    phase: 'blocked',
    prefix: EMPTY_PREFIX,
    manifest: pending(manifest, manifest.generation + 1),
  })
  // What a partial wave had cancelled may be needed now. Of any other wave all had committed.
  if (stage.until !== undefined && (phase === 'closing' || phase === 'finished')) {
    for (let task = 0; task < released; task++) {
      const state: TaskState = tasks.get(task)
      if (state.state === 'running') step.setTask({ position, task }, pending(state))
    }
  }
  blockReaders(step, position)
}

function blockReaders(step: Step, position: number): void {
  for (const reader of step.stage(position).readers) {
    if (step.stage(reader).phase === 'running') step.updateStage(reader, { phase: 'blocked' })
  }
}

function failedForGood(failure: Failure, task: number): Failure {
  const { stage } = failure.lost!
  const what =
    task === MANIFEST
      ? `the exchange manifest of stage ${stage}`
      : `the output of task ${task} of stage ${stage}`
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

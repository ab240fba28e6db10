/** The job's state machine: one event in, the next state and the commands that follow from it out. Pure. */
import { DunlinError } from '../../operators/index.ts'
import type { Stage } from '../../planner/index.ts'
import { withFirstFailure } from '../events/first-failures.ts'
import type { StageOutline } from '../events/job-event.ts'
import { launchReady, retryNow, takeAnswer } from './attempts.ts'
import type { Command } from './command.ts'
import { withStages } from './create-job.ts'
import type { DriverEvent, TimerId } from './driver-event.ts'
import { endJob, failJob, finishJob, settle } from './ending.ts'
import { look } from './look-for-stragglers.ts'
import { roomAfterMs } from './policies/launch-window.ts'
import { startIfUnblocked } from './stages.ts'
import { type JobState, MANIFEST, type StageState } from './state.ts'
import { Step } from './step.ts'

/**
 * `state` is left as it is; the same state and event always give the same answer: no clock, no randomness, no
 * I/O. An event costs O(log tasks), taken over the job; the end of a job or of a partial wave costs O(tasks) once, and
 * each look for slow tasks, some of which are at the end of a wave, O(tasks of the stage).
 *
 * The states are drawn in state.ts. A stage starts when all stages that it reads have finished. Tasks are
 * launched in the order of stages, then of tasks, one for each granted slot. Rows are counted and schemas unified
 * in the order of tasks, so that the order of arrival changes nothing.
 *
 * @throws INVALID_PLAN for stages that cannot be added; the state stands
 *
 * @example
 * let [state, commands] = advance(createJob(options, plan.stages), { type: 'started', now: 0 })
 * ;[state, commands] = advance(state, { type: 'slotsGranted', count: 2, now: 1 }) // commands: two launches
 */
export function advance(state: JobState, event: DriverEvent): readonly [JobState, readonly Command[]] {
  const isOver = hasEnded(state)
  const step = new Step(isOver ? state : { ...state, now: event.now })
  if (isOver) afterTheEnd(step, event)
  else {
    take(step, event)
    settle(step)
    askForRoom(step)
  }
  return [step.state, step.commands]
}

function hasEnded({ status }: JobState): boolean {
  return status.state === 'succeeded' || status.state === 'failed' || status.state === 'cancelled'
}

/** What arrives late changes nothing. */
function afterTheEnd(step: Step, event: DriverEvent): void {
  if (event.type === 'slotsGranted') step.command({ type: 'returnSlots', count: event.count })
  if (event.type === 'stagesAdded') throw notRunning(step.state)
}

function take(step: Step, event: DriverEvent): void {
  switch (event.type) {
    case 'started':
      start(step)
      break
    case 'slotsGranted':
      launchReady(step, event.count)
      break
    case 'taskFinished':
      takeAnswer(step, { position: step.positionOf(event.stage), task: event.task }, event)
      break
    case 'manifestFinished':
      takeAnswer(step, { position: step.positionOf(event.stage), task: MANIFEST }, event)
      break
    case 'timerFired':
      timerFired(step, event.id)
      break
    case 'cancelRequested':
      endJob(step, { state: 'cancelled', reason: event.reason })
      break
    case 'driverFailed':
      step.update({ failures: withFirstFailure(step.state.failures, event.failure) })
      failJob(step, event.failure)
      break
    case 'stagesAdded':
      grow(step, event)
      break
  }
}

function start(step: Step): void {
  if (step.state.status.state !== 'created') return
  step.update({ status: { state: 'running' } })
  const { id, name, engine, epoch } = step.state.job
  const { prices } = step.state.backend
  const priced = prices?.priced === undefined ? {} : { priced: prices.priced }
  const stages = [...step.state.stages].map(({ stage }) => stageOutline(stage))
  // A driver that takes a job over has said so in the journal before.
  if (epoch === 1) step.emit({ type: 'jobStarted', job: id, name, engine, stages, ...priced })
  for (const state of step.state.stages) if (state.phase === 'finished') emitNotRun(step, state)
  for (let position = 0; position < stages.length; position++) startIfUnblocked(step, position)
}

/** A stage that has finished before the job starts does not run in it. */
function emitNotRun(step: Step, { stage, origin, manifest, prefix }: StageState): void {
  if (!origin) step.emit({ type: 'stageSkipped', stage: stage.id })
  else {
    const exchange = { generation: manifest.generation, ...prefix }
    step.emit({ type: 'stageReused', stage: stage.id, exchange, from: origin })
  }
}

function timerFired(step: Step, id: TimerId): void {
  switch (id.kind) {
    case 'retryTask':
      retryNow(step, { position: step.positionOf(id.stage), task: id.task })
      break
    case 'retryManifest':
      retryNow(step, { position: step.positionOf(id.stage), task: MANIFEST })
      break
    case 'speculate':
      look(step, step.positionOf(id.stage))
      break
    case 'room':
      step.update({ roomIsDue: false })
      break
    case 'grace':
      finishJob(step)
      break
  }
}

/** Where tasks wait only because the window is full, and time alone will widen it, a timer says when. */
function askForRoom(step: Step): void {
  const { readyCount, roomIsDue, window, now } = step.state
  const delayMs = step.running && readyCount > 0 && !roomIsDue ? roomAfterMs(window, now) : null
  if (delayMs === null) return
  step.update({ roomIsDue: true })
  step.command({ type: 'startTimer', id: { kind: 'room' }, delayMs })
}

type Growth = Extract<DriverEvent, { readonly type: 'stagesAdded' }>

function grow(step: Step, { stages: added, inputBytes }: Growth): void {
  if (!step.running) throw notRunning(step.state)
  step.state = withStages(step.state, added, inputBytes === undefined ? {} : { inputBytes })
  step.emit({ type: 'stagesAdded', stages: added.map(stageOutline) })
  for (const stage of added) startIfUnblocked(step, step.positionOf(stage.id))
}

export function stageOutline(stage: Stage): StageOutline {
  const bytes = stage.inputs.reduce((sum, input) => sum + (input.kind === 'splits' ? input.bytes : 0), 0)
  return { id: stage.id, title: stage.title, tasks: stage.tasks, bytes }
}

function notRunning({ status }: JobState): DunlinError {
  return new DunlinError('INVALID_ARGUMENT', `a job that is ${status.state} cannot grow`)
}

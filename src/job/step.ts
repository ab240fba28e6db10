/** Step: one call of `advance` at work; its state is replaced, never changed, and its commands collected. */
import { DunlinError } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import type { Command, UntimedEvent } from './command.ts'
import { popItem, pushItem } from './persistent-heap.ts'
import { type JobState, MANIFEST, type ReadyTasks, type StageState, type TaskState } from './state.ts'

/** A task of a stage by the stage's position in the plan; `MANIFEST` as task is its manifest. */
export interface TaskRef {
  readonly position: number
  readonly task: number
}

/** A task that waits for a slot; `isExtra`: one that runs, for a second attempt. */
export interface ReadyTask extends TaskRef {
  readonly isExtra: boolean
}

export class Step {
  state: JobState
  readonly commands: Command[] = []

  constructor(state: JobState) {
    this.state = state
  }

  get now(): number {
    return this.state.now
  }

  get running(): boolean {
    return this.state.status.state === 'running'
  }

  update(changes: Partial<JobState>): void {
    this.state = { ...this.state, ...changes }
  }

  command(command: Command): void {
    this.commands.push(command)
  }

  emit(event: UntimedEvent): void {
    this.commands.push({ type: 'emit', event })
  }

  positionOf(stage: StageId): number {
    const position = this.state.positions.get(stage)
    if (position === undefined) throw new DunlinError('INTERNAL', `the job has no stage ${stage}`)
    return position
  }

  stage(position: number): StageState {
    return this.state.stages.get(position)
  }

  updateStage(position: number, changes: Partial<StageState>): void {
    const stages = this.state.stages.set(position, { ...this.stage(position), ...changes })
    this.state = { ...this.state, stages }
  }

  task(ref: TaskRef): TaskState {
    const stage = this.stage(ref.position)
    return ref.task === MANIFEST ? stage.manifest : stage.tasks.get(ref.task)
  }

  setTask(ref: TaskRef, task: TaskState, changes: Partial<StageState> = {}): void {
    if (ref.task === MANIFEST) {
      this.updateStage(ref.position, { ...changes, manifest: task })
      return
    }
    const { tasks, committed } = this.stage(ref.position)
    const isMore = Number(task.state === 'committed') - Number(tasks.get(ref.task).state === 'committed')
    const changed = { tasks: tasks.set(ref.task, task), committed: committed + isMore }
    this.updateStage(ref.position, { ...changes, ...changed })
  }

  /** Whether the task may be launched: its stage runs, and so does the job. */
  isLaunchable(ref: TaskRef): boolean {
    const { phase } = this.stage(ref.position)
    return this.running && phase === (ref.task === MANIFEST ? 'closing' : 'running')
  }

  /** Whether the task's answer can still matter. A stage that waits for what it reads may have attempts at work. */
  isNeeded(ref: TaskRef): boolean {
    const { phase, released } = this.stage(ref.position)
    return (
      this.isLaunchable(ref) || (this.running && ref.task !== MANIFEST && phase === 'blocked' && released > 0)
    )
  }

  pushReady(tasks: ReadyTasks): void {
    this.update({
      ready: pushItem(this.state.ready, tasks, inPlanOrder),
      readyCount: this.state.readyCount + tasks.to - tasks.from,
    })
  }

  /** The next task that waits for a slot, taken out of `ready`; null where none does. */
  takeReady(): ReadyTask | null {
    while (this.state.ready !== null) {
      const { item } = this.state.ready
      const { position, from, to } = item
      const ready = { position, task: from, isExtra: item.isExtra === true }
      const isLaunchable = this.isLaunchable(ready)
      // Of a stage that waits none is launchable: all wait for slots anew when it goes on.
      const taken = isLaunchable ? 1 : to - from
      const rest = popItem(this.state.ready, inPlanOrder)
      this.update({
        ready: from + taken < to ? pushItem(rest, { ...item, from: from + taken }, inPlanOrder) : rest,
        readyCount: this.state.readyCount - taken,
      })
      if (isLaunchable && isStillReady(this.task(ready), ready)) return ready
    }
    return null
  }
}

/** Second attempts come when no first one of the stage waits. */
function inPlanOrder(a: ReadyTasks, b: ReadyTasks): number {
  return a.position - b.position || Number(a.isExtra ?? false) - Number(b.isExtra ?? false) || a.from - b.from
}

function isStillReady(task: TaskState, { isExtra }: ReadyTask): boolean {
  if (!isExtra) return task.state === 'pending'
  return task.state === 'running' && task.isDoubled && task.attempts.length === 1
}

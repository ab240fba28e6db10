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

export class Step {
  state: JobState
  readonly commands: Command[] = []

  constructor(state: JobState) {
    this.state = state
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
    const { tasks } = this.stage(ref.position)
    const changed = ref.task === MANIFEST ? { manifest: task } : { tasks: tasks.set(ref.task, task) }
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
  takeReady(): TaskRef | null {
    while (this.state.ready !== null) {
      const { position, from, to } = this.state.ready.item
      const rest = popItem(this.state.ready, inPlanOrder)
      this.update({
        ready: from + 1 < to ? pushItem(rest, { position, from: from + 1, to }, inPlanOrder) : rest,
        readyCount: this.state.readyCount - 1,
      })
      const ref = { position, task: from }
      if (this.isLaunchable(ref) && this.task(ref).state === 'pending') return ref
    }
    return null
  }
}

function inPlanOrder(a: ReadyTasks, b: ReadyTasks): number {
  return a.position - b.position || a.from - b.from
}

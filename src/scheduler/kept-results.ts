/** KeptResults: what the tasks of `write` and `result` stages committed, without what only events need. */
import type { StageId } from '../../planner/index.ts'
import type { TaskSuccess } from '../task/task-event.ts'

const NO_LOGS: TaskSuccess['logs'] = []
const NO_COUNTERS: TaskSuccess['counters'] = {}

export class KeptResults {
  readonly #stages = new Map<StageId, Map<number, TaskSuccess>>()

  keep(stage: StageId, task: number, result: TaskSuccess): void {
    let tasks = this.#stages.get(stage)
    if (tasks === undefined) {
      tasks = new Map()
      this.#stages.set(stage, tasks)
    }
    tasks.set(task, { ...result, logs: NO_LOGS, counters: NO_COUNTERS })
  }

  /** In task order: of the tasks below `end` that have committed. */
  of(stage: StageId, end: number): TaskSuccess[] {
    const tasks = [...(this.#stages.get(stage) ?? [])].filter(([task]) => task < end)
    return tasks.sort(([a], [b]) => a - b).map(([, result]) => result)
  }
}

/** KeptResults: what tasks committed of outputs, results and dead letters, without what only events need. */
import type { Schema } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import type { StageState } from '../job/state.ts'
import type { CommittedPart, TaskSuccess } from '../task/task-event.ts'
import type { JobResults } from './run-job.ts'

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
    const { skipped } = result
    const known = skipped === undefined ? {} : { skipped: { ...skipped, failures: [] } }
    tasks.set(task, { ...result, ...known, logs: NO_LOGS, counters: NO_COUNTERS })
  }

  /** Of all stages in their order; of a partial wave those of the tasks that count. */
  deadLetters(stages: Iterable<StageState>): CommittedPart[] {
    const parts: CommittedPart[] = []
    for (const { stage, prefix } of stages) {
      for (const { skipped } of this.#of(stage.id, prefix.tasks)) parts.push(...(skipped?.parts ?? []))
    }
    return parts
  }

  /** Of the stages that give something, as far as they have come. */
  resultsOf(stages: Iterable<StageState>): JobResults {
    const results = new Map<StageId, readonly TaskSuccess[]>()
    const schemas = new Map<StageId, Schema | null>()
    for (const { stage, prefix } of stages) {
      if (stage.output.kind === 'exchange') continue
      results.set(stage.id, this.#of(stage.id, stage.until === undefined ? stage.tasks : prefix.tasks))
      schemas.set(stage.id, prefix.schema)
    }
    return { results, schemas, deadLetters: this.deadLetters(stages) }
  }

  /** In task order: of the tasks below `end` that have committed. */
  #of(stage: StageId, end: number): TaskSuccess[] {
    const tasks = [...(this.#stages.get(stage) ?? [])].filter(([task]) => task < end)
    return tasks.sort(([a], [b]) => a - b).map(([, result]) => result)
  }
}

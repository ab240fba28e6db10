/** SaidByTasks: what committed tasks said of themselves that counts once a task, however often it is made again. */
import type { JobEvent } from './job-event.ts'

type Committed = Extract<JobEvent, { type: 'taskCommitted' }>

export interface Said {
  readonly rowsIn: number
  readonly skippedRecords: number
  readonly invalidText: number
  readonly counters: Readonly<Record<string, number>>
}

const NO_COUNTERS: Said['counters'] = {}

/** Of the tasks of one stage. */
export class SaidByTasks {
  readonly #byTask = new Map<number, Said>()

  /** What it adds, and what it replaces, if the task has said something before. */
  take({ task, stats, commit, counters }: Committed): {
    readonly said: Said
    readonly before: Said | undefined
  } {
    const said: Said = {
      rowsIn: stats.rowsIn,
      skippedRecords: commit.skipped?.records ?? 0,
      invalidText: stats.invalidText,
      counters: Object.keys(counters).length === 0 ? NO_COUNTERS : counters,
    }
    const before = this.#byTask.get(task)
    this.#byTask.set(task, said)
    return { said, before }
  }

  /** What does not count any more, since the task (null: every one) is made again. */
  takeBack(task: number | null): readonly Said[] {
    if (task === null) {
      const all = [...this.#byTask.values()]
      this.#byTask.clear()
      return all
    }
    const said = this.#byTask.get(task)
    this.#byTask.delete(task)
    return said === undefined ? [] : [said]
  }
}

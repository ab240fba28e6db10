/** JobReplay: what is known of a job after the events of its journal; from that another driver goes on. */

import type { StageId } from '../../planner/index.ts'
import type { FinishedExchange, JobEvent, Outcome } from '../events/job-event.ts'
import { mayPass } from '../sink/may-pass.ts'
import type { TaskSuccess } from '../task/task-event.ts'
import type { StageOrigin, TaskState } from './state.ts'
import { untried } from './task-states.ts'

export interface RestoredStage {
  /** Of all tasks that `tasks` does not have. */
  readonly generation: number
  /** Tasks that have committed, or that were made again one by one. */
  readonly tasks: ReadonlyMap<number, TaskState>
  readonly manifest: TaskState
  /** What has committed, where the stage's output is a part of the job's. */
  readonly results: ReadonlyMap<number, TaskSuccess>
  /** Set where the stage need not run: an earlier job's output is used, or (null) nobody reads it. */
  readonly instead?: Reused | null
}

export interface Reused {
  readonly from: StageOrigin
  readonly exchange: FinishedExchange
}

export interface RestoredJob {
  readonly stages: ReadonlyMap<StageId, RestoredStage>
  /** How the job ends, if that is settled. */
  readonly ending: Outcome | null
  /** The epoch in which the job was begun, or was reopened last. */
  readonly since: number
  /** Dollars that attempts have cost. */
  readonly spent: number
}

interface StageReplay {
  generation: number
  readonly tasks: Map<number, TaskState>
  manifest: TaskState
  readonly results: Map<number, TaskSuccess>
  instead?: Reused | null
}

type Event<T extends JobEvent['type']> = Extract<JobEvent, { type: T }>

export class JobReplay {
  readonly #stages = new Map<StageId, StageReplay>()
  #ending: Outcome | null = null
  #epoch = 1
  #since = 1
  #spent = 0

  add(event: JobEvent): void {
    if ('cost' in event && event.cost !== undefined) this.#spent += event.cost.dollars
    switch (event.type) {
      case 'taskCommitted':
        this.#committed(event)
        break
      case 'taskRemade':
        this.#remade(event)
        break
      case 'manifestRemade':
        this.#reopen(this.#stage(event.stage))
        break
      case 'manifestWritten': {
        const stage = this.#stage(event.stage)
        const { generation } = stage.manifest
        if (event.generation === generation) {
          stage.manifest = committed({
            generation,
            attempt: event.attempt,
            rowsOut: 0,
            exchangeRowsIn: 0,
            schema: null,
          })
        }
        break
      }
      case 'stageReused':
        this.#stage(event.stage).instead = { from: event.from, exchange: event.exchange }
        break
      case 'stageSkipped':
        this.#stage(event.stage).instead = null
        break
      case 'jobEnding':
        this.#ending = outcomeOf(event)
        break
      case 'jobFinished':
        // Its outputs could not be published, and will not be: what passes is for whoever resumes it, and so is what a
        // driver has not published since it had lost the job.
        if (event.state !== 'failed' || event.failure === undefined) break
        if (mayPass(event.failure) || event.failure.code === 'LEASE') break
        this.#ending = { state: 'failed', failure: event.failure }
        break
      case 'jobTakenOver':
        this.#epoch = event.epoch
        break
      case 'jobReopened':
        this.#ending = null
        this.#since = this.#epoch
        break
      default:
        break
    }
  }

  get restored(): RestoredJob {
    return { stages: this.#stages, ending: this.#ending, since: this.#since, spent: this.#spent }
  }

  #stage(id: StageId): StageReplay {
    let stage = this.#stages.get(id)
    if (stage === undefined) {
      stage = { generation: 0, tasks: new Map(), manifest: untried(0), results: new Map() }
      this.#stages.set(id, stage)
    }
    return stage
  }

  #committed({
    stage: id,
    task,
    attempt,
    generation,
    rowsOut,
    commit,
    stats,
    counters,
  }: Event<'taskCommitted'>): void {
    const stage = this.#stage(id)
    if (generation !== (stage.tasks.get(task)?.generation ?? stage.generation)) return
    const { exchangeRowsIn, schema } = commit
    stage.tasks.set(task, {
      ...committed({ generation, attempt, rowsOut, exchangeRowsIn, schema }),
      ...(commit.skipped === undefined ? {} : { skipped: commit.skipped }),
    })
    // Of a shuffle only the counts are needed again.
    if (commit.part === undefined && commit.skipped === undefined) return
    stage.results.set(task, { ok: true, attempt, generation, rowsOut, ...commit, stats, counters, logs: [] })
  }

  #remade({ stage: id, task, generation, others }: Event<'taskRemade'>): void {
    const stage = this.#stage(id)
    if (task === null) {
      stage.tasks.clear()
      stage.results.clear()
      stage.generation = generation
      delete stage.instead
    } else {
      const set = (one: number, toGeneration: number): void => {
        stage.tasks.set(one, untried(toGeneration))
        stage.results.delete(one)
      }
      set(task, generation)
      for (const [other, its] of Object.entries(others ?? {})) set(Number(other), its)
    }
    this.#reopen(stage)
  }

  #reopen(stage: StageReplay): void {
    stage.manifest = untried(stage.manifest.generation + 1)
  }
}

type Commit = Pick<
  Extract<TaskState, { state: 'committed' }>,
  'generation' | 'attempt' | 'rowsOut' | 'exchangeRowsIn' | 'schema'
>

function committed(commit: Commit): TaskState {
  return { ...untried(commit.generation), ...commit, state: 'committed' }
}

function outcomeOf(event: Event<'jobEnding'>): Outcome {
  switch (event.state) {
    case 'succeeded':
      return { state: 'succeeded' }
    case 'failed':
      return { state: 'failed', failure: event.failure }
    case 'cancelled':
      return { state: 'cancelled', reason: event.reason }
  }
}

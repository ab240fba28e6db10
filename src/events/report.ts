/** The report of a job: a fold over its events, and what each task said of itself, which counts once however often it is made again. */
import type { CountedFailure } from '../../operators/index.ts'
import type { StageId } from '../../planner/index.ts'
import type { TaskStats } from '../task/task-event.ts'
import { CostSum } from './cost-sum.ts'
import { withFirstFailure, withFirstFailures, withKnownFailure } from './first-failures.ts'
import type { JobEvent, JobReport, StageOutline, StageReport } from './job-event.ts'
import { type Said, SaidByTasks } from './said-by-tasks.ts'

/** What the events do not say: what was planned, and what was made visible. */
export type ReportSupplement = Pick<JobReport, 'fingerprint' | 'outputs' | 'deadLetters'>

/** The part of a report that the events say. */
export type ReportParts = Omit<JobReport, keyof ReportSupplement>

/**
 * The report of a whole job; of one that still runs, up to the last event.
 *
 * @example
 * const report = foldReport(events, { fingerprint: plan.fingerprint, outputs: [] })
 */
export function foldReport(events: Iterable<JobEvent>, supplement: ReportSupplement): JobReport {
  const builder = new ReportBuilder()
  for (const event of events) builder.add(event)
  return { ...builder.parts(), ...supplement }
}

interface StageSums {
  readonly outline: StageOutline
  readonly said: SaidByTasks
  skipped: number
  attempts: number
  retries: number
  extra: number
  rowsIn: number
  rowsOut: number
  skippedRecords: number
  bytesIn: number
  exchangeBytesIn: number
  bytesOut: number
  spilledBytes: number
  peakMemoryBytes: number
  gets: number
  puts: number
  lists: number
  deletes: number
  readonly costs: CostSum
  firstStart: number
  lastCommit: number
  taskMs: number
}

/**
 * Adds up events as they come. Rows, bytes, requests and counters are those of committed attempts (and of written
 * manifests) alone; `attempts` counts every launch of a task, `retries` those that followed a failure.
 */
export class ReportBuilder {
  #job = ''
  #name = ''
  #engine = ''
  #priced = 'unknown'
  readonly #costs = new CostSum()
  #state: JobReport['state'] = 'failed'
  #startedAt = 0
  #lastTime = 0
  #invalidText = 0
  #failures: readonly CountedFailure[] = []
  readonly #stages = new Map<StageId, StageSums>()
  readonly #counters = new Map<string, number>()

  add(event: JobEvent): void {
    this.#lastTime = Math.max(this.#lastTime, event.time)
    if ('cost' in event && event.cost !== undefined) {
      this.#costs.add(event.cost)
      this.#stage(event.stage).costs.add(event.cost)
    }
    switch (event.type) {
      case 'jobStarted':
        this.#job = event.job
        this.#name = event.name
        this.#engine = event.engine
        this.#priced = event.priced ?? this.#priced
        this.#startedAt = event.time
        this.#addStages(event.stages)
        break
      case 'stagesAdded':
        this.#addStages(event.stages)
        break
      case 'taskStarted': {
        const stage = this.#stage(event.stage)
        stage.attempts++
        if (event.isExtra) stage.extra++
        stage.firstStart = Math.min(stage.firstStart, event.time)
        break
      }
      case 'taskCommitted': {
        const stage = this.#stage(event.stage)
        addWork(stage, event.stats, event.time)
        stage.taskMs += event.stats.durationMs
        this.#failures = withFirstFailures(this.#failures, event.commit.skipped?.failures ?? [])
        const { said, before } = stage.said.take(event)
        if (before !== undefined) this.#count(stage, before, -1)
        this.#count(stage, said, 1)
        break
      }
      case 'taskRemade': {
        const stage = this.#stage(event.stage)
        for (const task of [event.task, ...Object.keys(event.others ?? {}).map(Number)]) {
          for (const said of stage.said.takeBack(task)) this.#count(stage, said, -1)
        }
        break
      }
      case 'manifestWritten':
        addWork(this.#stage(event.stage), event.stats, event.time)
        break
      case 'taskFailed':
      case 'manifestFailed':
        if (event.retryInMs !== null) this.#stage(event.stage).retries++
        this.#failures = withFirstFailure(this.#failures, event.failure)
        break
      case 'stageFinished': {
        const stage = this.#stage(event.stage)
        stage.rowsOut = event.rowsOut
        stage.skipped = event.skipped ?? 0
        break
      }
      case 'jobFinished':
        this.#state = event.state
        if (event.state === 'failed' && event.failure !== undefined) {
          this.#failures = withKnownFailure(this.#failures, event.failure)
        }
        break
      case 'stageReused':
      case 'stageSkipped': {
        const stage = this.#stage(event.stage)
        stage.skipped = stage.outline.tasks
        if (event.type === 'stageReused') stage.rowsOut = event.exchange.rows
        break
      }
      case 'jobTakenOver':
      case 'jobReopened':
      case 'jobEnding':
      case 'manifestRemade':
      case 'stageStarted':
      case 'manifestStarted':
      case 'attemptCancelled':
      case 'log':
        break
    }
  }

  parts(): ReportParts {
    const stages = [...this.#stages.values()].map(stageReport)
    const cost = this.#costs.value
    const sum = (of: (stage: StageReport) => number): number => stages.reduce((total, s) => total + of(s), 0)
    return {
      job: this.#job,
      name: this.#name,
      state: this.#state,
      engine: this.#engine,
      startedAt: this.#startedAt,
      finishedAt: this.#lastTime,
      wallMs: this.#lastTime - this.#startedAt,
      tasks: sum(s => s.tasks),
      skipped: sum(s => s.skipped ?? 0),
      attempts: sum(s => s.attempts),
      retries: sum(s => s.retries),
      extra: sum(s => s.extra),
      bytesRead: sum(s => s.bytesIn),
      bytesExchanged: sum(s => s.exchangeBytesIn),
      bytesWritten: sum(s => s.bytesOut),
      bytesSpilled: sum(s => s.spilledBytes),
      peakMemoryBytes: Math.max(0, ...stages.map(s => s.peakMemoryBytes)),
      requests: {
        gets: sum(s => s.gets),
        puts: sum(s => s.puts),
        lists: sum(s => s.lists),
        deletes: sum(s => s.deletes),
      },
      ...(cost === undefined ? {} : { cost: { ...cost, priced: this.#priced } }),
      stages,
      skippedRecords: sum(s => s.skippedRecords),
      counters: Object.fromEntries([...this.#counters].sort(([a], [b]) => (a < b ? -1 : 1))),
      invalidText: this.#invalidText,
      failures: this.#failures,
    }
  }

  #count(stage: StageSums, said: Said, sign: 1 | -1): void {
    stage.rowsIn += sign * said.rowsIn
    stage.skippedRecords += sign * said.skippedRecords
    this.#invalidText += sign * said.invalidText
    for (const [name, by] of Object.entries(said.counters)) {
      const sum = (this.#counters.get(name) ?? 0) + sign * by
      if (sum === 0 && sign === -1) this.#counters.delete(name)
      else this.#counters.set(name, sum)
    }
  }

  #addStages(outlines: readonly StageOutline[]): void {
    for (const outline of outlines) this.#stages.set(outline.id, emptySums(outline))
  }

  /** A stage that no event has introduced is counted too: a journal may be cut at its start. */
  #stage(id: StageId): StageSums {
    let stage = this.#stages.get(id)
    if (stage === undefined) {
      stage = emptySums({ id, title: `stage ${id}`, tasks: 0, bytes: 0 })
      this.#stages.set(id, stage)
    }
    return stage
  }
}

function emptySums(outline: StageOutline): StageSums {
  return {
    outline,
    said: new SaidByTasks(),
    skipped: 0,
    attempts: 0,
    retries: 0,
    extra: 0,
    rowsIn: 0,
    rowsOut: 0,
    skippedRecords: 0,
    bytesIn: 0,
    exchangeBytesIn: 0,
    bytesOut: 0,
    spilledBytes: 0,
    peakMemoryBytes: 0,
    gets: 0,
    puts: 0,
    lists: 0,
    deletes: 0,
    costs: new CostSum(),
    firstStart: Number.POSITIVE_INFINITY,
    lastCommit: Number.NEGATIVE_INFINITY,
    taskMs: 0,
  }
}

function addWork(stage: StageSums, stats: TaskStats, time: number): void {
  stage.bytesIn += stats.bytesIn
  stage.bytesOut += stats.bytesOut
  stage.spilledBytes += stats.spilledBytes
  stage.peakMemoryBytes = Math.max(stage.peakMemoryBytes, stats.peakMemoryBytes)
  stage.gets += stats.gets
  stage.puts += stats.puts
  stage.exchangeBytesIn += stats.exchangeBytesIn ?? 0
  stage.lists += stats.lists ?? 0
  stage.deletes += stats.deletes ?? 0
  stage.lastCommit = Math.max(stage.lastCommit, time)
}

function stageReport(stage: StageSums): StageReport {
  const { outline, said: _, costs, firstStart, lastCommit, ...sums } = stage
  const cost = costs.value
  return {
    id: outline.id,
    title: outline.title,
    tasks: outline.tasks,
    ...sums,
    ...(cost === undefined ? {} : { cost }),
    wallMs: Math.max(0, lastCommit - firstStart),
  }
}

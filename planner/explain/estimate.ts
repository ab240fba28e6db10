/** Estimates: what a plan may read, request, take and cost. Formulas over the plan and the engine's facts. */
import type { EngineFacts } from '../facts.ts'
import { firstMemoryMb } from '../memory-tier.ts'
import type { PhysicalPlan, Planned, Split, Stage, StageId } from '../physical.ts'
import { isBroadcast, readersOfBroadcast } from '../stage-task.ts'
import { AGGREGATION_SHARE, bytesOut, type Flow } from './byte-flow.ts'
import { type RequestSpans, stageRequests } from './request-counts.ts'
import { between, exactly, NONE, plus, type Span, times } from './span.ts'

export interface Estimate extends RequestSpans {
  readonly bytesRead: number
  readonly seconds: Span
  readonly dollars: Span
}

export interface StageEstimate extends Estimate {
  readonly bytesWritten: number
}

export interface PlanEstimate {
  readonly total: Estimate
  readonly stages: ReadonlyMap<StageId, StageEstimate>
}

const BYTES_A_GB = 1e9
const MB_A_GB = 1024

interface Before {
  readonly tasks: number
  readonly written: Flow
}

/** Bytes of its inputs, and how many of them its tasks read together: what is broadcast is read by each that needs it. */
function inputsOf(
  stage: Stage,
  before: ReadonlyMap<StageId, Before>,
): { readonly given: readonly Flow[]; readonly read: Flow } {
  let guess = 0
  const spans: Span[] = []
  const given = stage.inputs.map((input, i): Flow => {
    const flow: Flow =
      input.kind === 'splits'
        ? { guess: input.bytes, span: exactly(input.bytes) }
        : before.get(input.from)!.written
    const readers = isBroadcast(input) ? readersOfBroadcast(stage, i) : 1
    guess += flow.guess * readers
    spans.push(times(flow.span, readers))
    return flow
  })
  return { given, read: { guess, span: plus(...spans) } }
}

function estimateStage(
  stage: Stage,
  splits: readonly (readonly Split[] | null)[],
  before: ReadonlyMap<StageId, Before>,
  engine: EngineFacts,
): { readonly estimate: StageEstimate; readonly written: Flow } {
  const { given, read } = inputsOf(stage, before)
  const written = bytesOut(stage.root, given, stage.tasks)
  const producers = stage.inputs.map(input => {
    if (input.kind === 'splits') return null
    const { tasks, written: bytes } = before.get(input.from)!
    return { tasks, mostBytes: bytes.span.most }
  })
  const { uploads } = engine
  const requests = stageRequests(stage, splits, producers, { written: written.span, uploads })
  const spent = spending(stage, engine)
  const seconds = {
    least: spent.seconds(read.span.least + written.span.least, requests.gets.least, requests.puts.least),
    most: spent.seconds(read.span.most + written.span.most, requests.gets.most, requests.puts.most),
  }
  const estimate = {
    ...requests,
    bytesRead: read.guess,
    bytesWritten: written.guess,
    seconds,
    dollars: {
      least: spent.dollars(seconds.least, requests, 'least'),
      most: spent.dollars(seconds.most, requests, 'most'),
    },
  }
  return { estimate, written }
}

/** Seconds and dollars of a stage: it is as slow as its bytes or its requests are, and waiting is paid for like work. */
function spending(stage: Stage, engine: EngineFacts) {
  const { slots, bytesPerSecond, requestsPerSecond, memorySizesMb, dollars: prices } = engine
  const atOnce = Math.min(stage.tasks, slots)
  const rates = requestsPerSecond ?? { gets: Number.POSITIVE_INFINITY, puts: Number.POSITIVE_INFINITY }
  const memoryMb = memorySizesMb === undefined ? stage.memoryMb : firstMemoryMb(memorySizesMb, stage.memoryMb)
  const invocations = stage.tasks + (stage.output.kind === 'exchange' ? 1 : 0)
  return {
    seconds: (bytes: number, gets: number, puts: number): number =>
      Math.max(bytes / bytesPerSecond / atOnce, gets / rates.gets, puts / rates.puts),
    dollars: (seconds: number, { gets, puts, lists }: RequestSpans, end: keyof Span): number =>
      (seconds * atOnce * memoryMb * prices.perGbSecond) / MB_A_GB +
      invocations * prices.perTask +
      gets[end] * prices.perGet +
      (puts[end] + lists[end]) * prices.perPut,
  }
}

/** Each worker reads the plan and the code once, whatever stage its first task is of. */
function workerGets({ plan }: Planned, { slots }: EngineFacts): Span {
  const tasks = plan.stages.reduce((sum, stage) => sum + stage.tasks, 0)
  return times(between(1, Math.min(tasks, slots)), plan.codeHash === '' ? 1 : 2)
}

/** Estimates by stage. */
export function estimateStages(
  { stages, splits }: Pick<PhysicalPlan, 'stages'> & Pick<Planned, 'splits'>,
  engine: EngineFacts,
): ReadonlyMap<StageId, StageEstimate> {
  const estimates = new Map<StageId, StageEstimate>()
  const before = new Map<StageId, Before>()
  for (const stage of stages) {
    const { estimate, written } = estimateStage(stage, splits.get(stage.id) ?? [], before, engine)
    estimates.set(stage.id, estimate)
    before.set(stage.id, { tasks: stage.tasks, written })
  }
  return estimates
}

/** Estimates by stage, and their sum. Everything runs: a `take` that ends early costs less. */
export function estimatePlan(planned: Planned, engine: EngineFacts): PlanEstimate {
  const { plan, splits } = planned
  const stages = estimateStages({ stages: plan.stages, splits }, engine)
  const all = [...stages.values()]
  const sum = (of: 'gets' | 'puts' | 'lists' | 'seconds' | 'dollars'): Span =>
    plus(NONE, ...all.map(one => one[of]))
  const once = workerGets(planned, engine)
  const total = {
    bytesRead: all.reduce((bytes, one) => bytes + one.bytesRead, 0),
    gets: plus(sum('gets'), once),
    puts: sum('puts'),
    lists: sum('lists'),
    seconds: sum('seconds'),
    dollars: plus(sum('dollars'), times(once, engine.dollars.perGet)),
  }
  return { total, stages }
}

/** What the estimates rest on, in sentences. */
export function basisText({ slots, bytesPerSecond, dollars }: EngineFacts): string {
  const priced = dollars.priced === undefined ? '' : ` Prices of ${dollars.priced}.`
  return (
    `Estimates, not measurements: ${bytesPerSecond / (BYTES_A_GB / 1000)} MB/s a task, ${slots} tasks at once; an ` +
    `aggregation is taken to keep ${AGGREGATION_SHARE * 100} % of its bytes, everything else all of them. Requests ` +
    `are those of tasks while nothing fails and all fits into memory; spans are of what only the data decides, as ` +
    `long as nothing grows.${priced}`
  )
}

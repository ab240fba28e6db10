/** Small physical plans in readable lines, for tests of what runs them. */
import type { Schema } from '../../../operators/index.ts'
import type {
  PhysicalPlan,
  Planned,
  Split,
  Stage,
  StageId,
  StageInput,
  StageOutput,
} from '../../../planner/index.ts'
import type { CommittedPart, TaskFailed, TaskSuccess } from '../../../src/task/task-event.ts'

export const id = (n: number): StageId => n as StageId

export function toPartitions(partitions: number): StageOutput {
  return { kind: 'exchange', partitioning: { kind: 'hash', keys: 'all', partitions }, partitions }
}
export const toFiles: StageOutput = {
  kind: 'write',
  output: 0,
  uri: 'file:///out/',
  format: 'csv',
  mode: 'fail',
}
export const toDriver: StageOutput = { kind: 'result', output: 0 }

/** A stage that reads `tasks` splits. */
export function scan(n: number, tasks: number, output: StageOutput, more: Partial<Stage> = {}): Stage {
  const splits: StageInput = {
    kind: 'splits',
    source: 'in/*.txt',
    format: { format: 'text', onInvalid: 'replace' },
    tasks,
    bytes: tasks * 10,
    listing: 'hash',
  }
  return { ...base(n, tasks, output), title: `Scan ${n}`, inputs: [splits], ...more }
}

/** A stage with a task for each partition of the stages that it reads. */
export function reader(
  n: number,
  from: readonly Stage[],
  output: StageOutput,
  more: Partial<Stage> = {},
): Stage {
  const inputs = from.map((stage): StageInput => {
    if (stage.output.kind !== 'exchange') throw new Error(`stage ${stage.id} has no exchange`)
    const { partitions, partitioning } = stage.output
    return { kind: 'exchange', from: stage.id, partitions, partitioning }
  })
  const tasks = Math.max(...inputs.map(i => (i.kind === 'exchange' ? i.partitions : 0)))
  return { ...base(n, tasks, output), title: `Read ${from.map(s => s.id).join(' and ')}`, inputs, ...more }
}

function base(n: number, tasks: number, output: StageOutput): Stage {
  return {
    id: id(n),
    title: '',
    inputs: [],
    layout: 'zip',
    tasks,
    root: { op: 'input', input: 0 },
    output,
    memoryMb: 512,
    timeoutMs: 60_000,
    concurrency: 1,
  }
}

export function planned(stages: readonly Stage[]): Planned {
  const plan: PhysicalPlan = {
    version: 1,
    stages,
    waves: stages.map(stage => [stage.id]),
    codeHash: 'c0de',
    fingerprint: 'f1a9',
  }
  const splits = new Map<StageId, (readonly Split[] | null)[]>()
  for (const stage of stages) {
    const ofInput = (input: StageInput): readonly Split[] | null =>
      input.kind === 'exchange' ? null : Array.from({ length: input.tasks }, (_, i) => splitOf(i))
    splits.set(stage.id, stage.inputs.map(ofInput))
  }
  return { plan, text: 'the plan', splits }
}

function splitOf(i: number): Split {
  return { ranges: [{ root: 'file:///in/', key: `${i}.txt`, start: 0, end: 10, size: 10, version: '1' }] }
}

export const NUMBERS: Schema = {
  shape: 'object',
  fields: [{ name: 'n', type: { kind: 'number', width: 'float64' } }],
}
export const TEXTS: Schema = { shape: 'object', fields: [{ name: 'n', type: { kind: 'utf8' } }] }

export function success(options: {
  readonly attempt?: number
  readonly rowsIn?: number
  readonly rowsOut?: number
  readonly schema?: Schema | null
  readonly counters?: Record<string, number>
  readonly part?: CommittedPart
  readonly generation?: number
  readonly changed?: boolean
}): TaskSuccess {
  const { generation = 0, changed = false } = options
  const { attempt = 1, rowsIn = 0, rowsOut = 0, schema = NUMBERS, counters = {}, part } = options
  return {
    ok: true,
    attempt,
    nonce: `nonce-${attempt}`,
    generation,
    ...(changed ? { changed: true } : {}),
    exchangeRowsIn: rowsIn,
    rowsOut,
    schema,
    ...(part === undefined ? {} : { part }),
    stats: {
      rowsIn,
      rowsOut,
      bytesIn: 10,
      bytesOut: 5,
      spilledBytes: 0,
      peakMemoryBytes: 0,
      gets: 2,
      puts: 1,
      durationMs: 7,
      invalidText: 0,
    },
    counters,
    logs: [],
  }
}

export function failure(
  code: TaskFailed['failure']['code'],
  options: { readonly retryable?: boolean; readonly message?: string } = {},
): TaskFailed {
  const { retryable = false, message = `it failed with ${code}` } = options
  return { ok: false, failure: { code, message, retryable, place: {}, causes: [] } }
}

export const lost = failure('WORKER_LOST', { retryable: true })
export const cancelled = failure('CANCELLED')

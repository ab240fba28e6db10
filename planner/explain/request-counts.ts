/**
 * How many requests the tasks of a stage make while nothing fails: exact where the plan decides, a span where the data
 * does. Not counted are runs of what does not fit into memory, and what a record takes that reaches more than 64 KiB past
 * the end of its split.
 */
import type { OperatorSpec } from '../../operators/index.ts'
import {
  MANIFEST_ENTRY_BYTES,
  MANIFEST_FIRST_BYTES,
  MANIFEST_HEAD_BYTES,
  MANIFEST_PRODUCER_BYTES,
  MANIFEST_RANGE_BYTES,
  WHOLE_SLICE_BYTES,
  WHOLE_SLICE_SHARE,
} from '../exchange-layout.ts'
import type { UploadFacts } from '../facts.ts'
import type { Split, Stage, StageInput } from '../physical.ts'
import { isBroadcast, readersOfBroadcast } from '../stage-task.ts'
import { uploadRequests } from '../upload-requests.ts'
import { between, exactly, NONE, plus, type Span } from './span.ts'

export interface RequestSpans {
  readonly gets: Span
  readonly puts: Span
  readonly lists: Span
}

/** A stage that is read. */
export interface Producer {
  readonly tasks: number
  /** What it gives, at most. */
  readonly mostBytes: number
}

type ExchangeInput = Extract<StageInput, { kind: 'exchange' }>

const MIB = 1 << 20
/** Rows as columns may take so many times the bytes that they had as text. */
const ENCODED_GROWTH = 4

export function stageRequests(
  stage: Stage,
  splits: readonly (readonly Split[] | null)[],
  producers: readonly (Producer | null)[],
  { written, uploads }: { readonly written: Span; readonly uploads: UploadFacts | undefined },
): RequestSpans {
  const tasks = stage.until === undefined ? exactly(stage.tasks) : between(1, stage.tasks)
  const looks = stage.output.kind === 'write' || stage.onError !== undefined ? tasks : NONE
  const reads = stage.inputs.map((input, i) =>
    input.kind === 'splits'
      ? sourceGets(stage, input, splits[i] ?? [])
      : exchangeGets(stage, i, input, producers[i]!),
  )
  const letters = stage.onError === undefined ? 0 : stage.tasks * placesThatSkip(stage)
  const index = stage.output.kind === 'exchange' ? manifestRequests(stage, uploads) : null
  return {
    gets: plus(...reads, looks, index?.gets ?? NONE),
    puts: plus(dataPuts(stage, written, uploads), tasks, between(0, letters), index?.puts ?? NONE),
    lists: looks,
  }
}

/** An object is looked at before it is read; staged values are known by their hash. */
function sourceGets(
  stage: Stage,
  { format }: Extract<StageInput, { kind: 'splits' }>,
  splits: readonly Split[],
): Span {
  const each = { range: 0, arrow: 1 }[format.format as string] ?? 2
  let gets = 0
  for (const split of splits) gets += each * split.ranges.length
  return endsEarly(stage) ? between(0, gets) : exactly(gets)
}

function endsEarly({ root, until }: Stage): boolean {
  return until !== undefined || hasLimit(root)
}

function hasLimit(spec: OperatorSpec): boolean {
  if (spec.op === 'input') return false
  return spec.op === 'limit' || ('inputs' in spec ? spec.inputs : [spec.input]).some(hasLimit)
}

function exchangeGets(stage: Stage, i: number, input: ExchangeInput, producer: Producer): Span {
  const isShared = isBroadcast(input)
  const readers = isShared ? readersOfBroadcast(stage, i) : input.partitions
  const isAlone = input.partitioning.kind === 'none'
  let index = 0
  for (let reader = 0; reader < readers; reader++) {
    const at = isAlone ? { row: 0, from: reader, count: 1 } : { row: isShared ? 0 : reader, from: 0 }
    index += indexGets({ count: producer.tasks, ...at }, producer.tasks, isAlone || isShared ? 1 : readers)
  }
  const slices = readers * (isAlone ? 1 : producer.tasks)
  const all = between(
    0,
    index + slices + largeSlices(stage, slices, producer.mostBytes * (isShared ? readers : 1)),
  )
  return endsEarly(stage) ? all : between(index, all.most)
}

/** A slice that is read twice is larger than this, so there cannot be many. */
function largeSlices(stage: Stage, slices: number, mostBytes: number): number {
  const wholeBytes = Math.min(WHOLE_SLICE_BYTES, stage.memoryMb * MIB * WHOLE_SLICE_SHARE)
  return Math.min(slices, Math.floor((mostBytes * ENCODED_GROWTH) / wholeBytes))
}

/** How long the index is is asked first; its start is read, and what lies behind that. */
function indexGets(
  at: { readonly row: number; readonly from: number; readonly count: number },
  producers: number,
  rows: number,
): number {
  const entries = MANIFEST_HEAD_BYTES + producers * MANIFEST_PRODUCER_BYTES
  const first = Math.min(MANIFEST_FIRST_BYTES, entries + rows * producers * MANIFEST_ENTRY_BYTES)
  const producersEnd = MANIFEST_HEAD_BYTES + (at.from + at.count) * MANIFEST_PRODUCER_BYTES
  const rowEnd = entries + (at.row * producers + at.from + at.count) * MANIFEST_ENTRY_BYTES
  return 2 + Number(producersEnd > first) + Number(rowEnd > first)
}

/** A part of an output is there also without rows; a shuffle object is not. */
function dataPuts({ tasks, output }: Stage, written: Span, uploads: UploadFacts | undefined): Span {
  const least = output.kind === 'write' ? tasks : 0
  if (uploads === undefined) return between(least, tasks)
  const bytes = written.most * ENCODED_GROWTH
  // However the bytes are divided, few objects can be in parts.
  const inParts = Math.min(tasks, Math.floor(bytes / uploads.partBytes))
  return between(least, tasks + 2 * inParts + Math.ceil(bytes / uploads.partBytes))
}

/** The commit of each task is read, and one index written. */
function manifestRequests(
  stage: Stage,
  uploads: UploadFacts | undefined,
): { readonly gets: Span; readonly puts: Span } {
  const { tasks } = stage
  const rows = manifestRows(stage)
  const entries = tasks * rows * MANIFEST_ENTRY_BYTES
  const bytes = MANIFEST_HEAD_BYTES + tasks * MANIFEST_PRODUCER_BYTES + entries
  const puts = exactly(uploadRequests({ bytes, isWhole: false }, uploads))
  if (entries <= MANIFEST_RANGE_BYTES) return { gets: exactly(tasks), puts }
  // What waits for its range is put aside, and read again; how much depends on the slices that there are.
  const ranges = Math.ceil(entries / MANIFEST_RANGE_BYTES)
  const spilled = uploads === undefined ? 1 : 3 + Math.ceil((2 * entries) / uploads.partBytes)
  return {
    gets: between(tasks, tasks + ranges * (1 + ranges)),
    puts: plus(puts, between(1, spilled)),
  }
}

function manifestRows({ output }: Stage): number {
  return output.kind === 'exchange' && output.partitioning.kind !== 'none' ? output.partitions : 1
}

/** Inputs and chains of functions: each may write a file of dead letters. */
function placesThatSkip({ inputs, root }: Stage): number {
  const operators = (spec: OperatorSpec): number =>
    spec.op === 'input'
      ? 0
      : 1 + ('inputs' in spec ? spec.inputs : [spec.input]).reduce((sum, input) => sum + operators(input), 0)
  return inputs.length + operators(root)
}

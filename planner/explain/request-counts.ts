/**
 * How many requests the tasks of a stage make while nothing fails: exact where the plan decides, a span where the data
 * does. Not counted are runs of what does not fit into memory, and what a record takes that reaches more than 64 KiB past
 * the end of its split.
 */
import type { OperatorSpec } from '../../operators/index.ts'
import {
  indexStretches,
  MANIFEST_ENTRY_BYTES,
  MANIFEST_FIRST_BYTES,
  MANIFEST_HEAD_BYTES,
  MANIFEST_PRODUCER_BYTES,
  MANIFEST_RANGE_BYTES,
  mergeWindowBytes,
  WHOLE_SLICE_BYTES,
  WHOLE_SLICE_SHARE,
} from '../exchange-layout.ts'
import type { UploadFacts } from '../facts.ts'
import {
  afterMerge,
  indexRows,
  type MergeShape,
  mergedBy,
  type Numbers,
  producerGroups,
} from '../merge-shape.ts'
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
  if (input.merge !== undefined) return mergeGets(stage, input.merge, producer)
  if (input.merged !== undefined) return mergedGets(stage, input.merged, producer)
  const isShared = isBroadcast(input)
  const readers = isShared ? readersOfBroadcast(stage, i) : input.partitions
  const isAlone = input.partitioning.kind === 'none'
  let index = 0
  for (let reader = 0; reader < readers; reader++) {
    const tasks = isAlone ? { from: reader, to: reader + 1 } : { from: 0, to: producer.tasks }
    const rows = isAlone || isShared ? 1 : readers
    index += indexGets(rows === 1 ? 0 : reader, tasks, producer.tasks, rows)
  }
  const slices = readers * (isAlone ? 1 : producer.tasks)
  const all = between(
    0,
    index + slices + largeSlices(stage, slices, producer.mostBytes * (isShared ? readers : 1)),
  )
  return endsEarly(stage) ? all : between(index, all.most)
}

/** Each task reads its part of the index, then one range of each of its producers, as long as they fit into memory. */
function mergeGets({ tasks, memoryMb }: Stage, shape: MergeShape, { mostBytes }: Producer): Span {
  let least = 0
  let most = 0
  for (let task = 0; task < tasks; task++) {
    const { producers, partitions } = mergedBy(shape, task)
    least += mergeIndexGets(shape, producers, partitions)
    most += producers.to - producers.from
  }
  // A window is full before another begins; one partition that is larger than that is read slice after slice.
  const bytes = mostBytes * ENCODED_GROWTH
  const windows = Math.floor((2 * bytes) / mergeWindowBytes(memoryMb * MIB))
  const more = Math.min(windows * (shape.producersATask + 1), 2 * shape.producers * shape.partitions)
  return between(least, least + most + more)
}

function mergeIndexGets(shape: MergeShape, tasks: Numbers, partitions: Numbers): number {
  const index = indexOf(shape.producers, shape.partitions)
  let gets = 2 + Number(index.producersEnd(tasks.to) > index.firstBytes)
  for (const { to } of indexStretches(partitions, shape.producers)) {
    gets += Number(index.rowEnd(to - 1, tasks.to) > index.firstBytes)
  }
  return gets
}

/** As many slices a reader as there are groups of producers. */
function mergedGets(stage: Stage, shape: MergeShape, { tasks: producers, mostBytes }: Producer): Span {
  let index = 0
  for (let partition = 0; partition < shape.partitions; partition++) {
    const { tasks, row } = afterMerge(shape, partition)
    index += indexGets(row, tasks, producers, shape.partitionsATask)
  }
  const slices = shape.partitions * producerGroups(shape)
  const most = index + slices + largeSlices(stage, slices, mostBytes)
  return between(endsEarly(stage) ? 0 : index, most)
}

/** A slice that is read twice is larger than this, so there cannot be many. */
function largeSlices(stage: Stage, slices: number, mostBytes: number): number {
  const wholeBytes = Math.min(WHOLE_SLICE_BYTES, stage.memoryMb * MIB * WHOLE_SLICE_SHARE)
  return Math.min(slices, Math.floor((mostBytes * ENCODED_GROWTH) / wholeBytes))
}

/** Where what a reader of an index needs ends, and how much of it the first request brings. */
function indexOf(producers: number, rows: number) {
  const entries = MANIFEST_HEAD_BYTES + producers * MANIFEST_PRODUCER_BYTES
  return {
    firstBytes: Math.min(MANIFEST_FIRST_BYTES, entries + rows * producers * MANIFEST_ENTRY_BYTES),
    producersEnd: (to: number): number => MANIFEST_HEAD_BYTES + to * MANIFEST_PRODUCER_BYTES,
    rowEnd: (row: number, to: number): number => entries + (row * producers + to) * MANIFEST_ENTRY_BYTES,
  }
}

/** How long the index is is asked first; its start is read, and what lies behind that. */
function indexGets(row: number, tasks: Numbers, producers: number, rows: number): number {
  const index = indexOf(producers, rows)
  return (
    2 +
    Number(index.producersEnd(tasks.to) > index.firstBytes) +
    Number(index.rowEnd(row, tasks.to) > index.firstBytes)
  )
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

const manifestRows = ({ output }: Stage): number => (output.kind === 'exchange' ? indexRows(output) : 1)

/** Inputs and chains of functions: each may write a file of dead letters. */
function placesThatSkip({ inputs, root }: Stage): number {
  const operators = (spec: OperatorSpec): number =>
    spec.op === 'input'
      ? 0
      : 1 + ('inputs' in spec ? spec.inputs : [spec.input]).reduce((sum, input) => sum + operators(input), 0)
  return inputs.length + operators(root)
}

/** Where a task's rows go: the slices of a shuffle object, or a part of an output. */
import { crc32 } from 'node:zlib'
import {
  type Batch,
  encodeArrowFile,
  Partitioner,
  type Partitioning,
  type Schema,
} from '../../operators/index.ts'
import type { Stage } from '../../planner/index.ts'
import type { CommitRecord } from '../shuffle/commit-record.ts'
import { dataKey } from '../shuffle/keys.ts'
import { sliceCrc } from '../shuffle/slice-entry.ts'
import { attemptKey } from '../sink/output-keys.ts'
import { PartSink } from '../sink/part-sink.ts'
import type { ObjectStore, Stores } from '../store/object-store.ts'
import type { CommittedPart, StageTaskEvent } from './task-event.ts'

/** What a finished output says of itself. */
export interface FinishedOutput {
  readonly schema: Schema | null
  readonly slices: CommitRecord['slices']
  readonly part?: CommittedPart
  readonly bytesOut: number
  readonly puts: number
}

export interface TaskOutput {
  readonly rows: number
  push(batch: Batch): void | Promise<void>
  finish(): Promise<FinishedOutput>
  /** Removes what was written. Never throws. */
  abort(): Promise<void>
}

/** Rows for the next stage, or for the driver: one Arrow IPC file, batches grouped by partition. */
class ShuffleOutput implements TaskOutput {
  readonly #store: ObjectStore
  readonly #event: StageTaskEvent
  readonly #partitioner: Partitioner
  readonly #key: string
  readonly #result: boolean

  constructor(
    store: ObjectStore,
    event: StageTaskEvent,
    stage: Stage,
    partitioning: Partitioning,
    partitions: number,
  ) {
    this.#store = store
    this.#event = event
    this.#result = stage.output.kind === 'result'
    this.#key = dataKey(event.job, event.stage, event)
    this.#partitioner = new Partitioner({ partitioning, partitions, operator: stage.title })
  }

  get rows(): number {
    return this.#partitioner.rows
  }

  push(batch: Batch): void {
    this.#partitioner.push(batch)
  }

  async finish(): Promise<FinishedOutput> {
    const { schema, partitions } = this.#partitioner.finish()
    const filled = partitions.flatMap((batches, partition) =>
      batches.length > 0 ? [{ batches, partition }] : [],
    )
    if (schema === null || filled.length === 0) {
      const empty = this.#result ? { part: { key: '', rows: 0, bytes: 0, crc32: 0 } } : {}
      return { schema, slices: [], bytesOut: 0, puts: 0, ...empty }
    }
    const file = encodeArrowFile(
      schema,
      filled.map(one => one.batches),
    )
    const slices = filled.map(({ partition }, group) => {
      const { offset, byteLength, rows } = file.groups[group]!
      const pieces = piecesOfRange(file.pieces, offset, byteLength)
      const crc = sliceCrc(pieces, { stage: this.#event.stage, task: this.#event.task, partition })
      return { partition, entry: { offset, byteLength, rows, crc32: crc } }
    })
    await this.#store.put(this.#key, file.pieces)
    const written = { schema, slices, bytesOut: file.sizeBytes, puts: 1 }
    if (!this.#result) return written
    const crc = file.pieces.reduce((crc, piece) => crc32(piece, crc), 0)
    return { ...written, part: { key: this.#key, rows: this.rows, bytes: file.sizeBytes, crc32: crc } }
  }

  async abort(): Promise<void> {
    await this.#store.delete([this.#key]).catch(() => undefined)
  }
}

/** The parts of `pieces`, joined end to end, that lie in a byte range: no copy is made. */
function* piecesOfRange(
  pieces: readonly Uint8Array[],
  offset: number,
  length: number,
): Generator<Uint8Array> {
  let at = 0
  for (const piece of pieces) {
    const from = Math.max(offset, at)
    const to = Math.min(offset + length, at + piece.length)
    if (from < to) yield piece.subarray(from - at, to - at)
    at += piece.length
    if (at >= offset + length) return
  }
}

/** Rows for a file of an output. */
class WriteOutput implements TaskOutput {
  readonly #sink: PartSink
  readonly #store: ObjectStore
  readonly #key: string
  #schema: Schema | null
  rows = 0

  constructor(sink: PartSink, store: ObjectStore, key: string, schema: Schema | null) {
    this.#sink = sink
    this.#store = store
    this.#key = key
    this.#schema = schema
  }

  push(batch: Batch): Promise<void> {
    this.rows += batch.length
    this.#schema ??= batch.schema
    return this.#sink.push(batch)
  }

  async finish(): Promise<FinishedOutput> {
    const part = await this.#sink.finish()
    return { schema: this.#schema, slices: [], part, bytesOut: part.bytes, puts: 1 }
  }

  async abort(): Promise<void> {
    await this.#sink.abort()
    await this.#store.delete([this.#key]).catch(() => undefined)
  }
}

/**
 * Opens the output of a task.
 *
 * @param schema what all rows will have, where it is known before the first row (an empty part has a header then)
 */
export function openOutput(
  stage: Stage,
  event: StageTaskEvent,
  ports: { readonly store: ObjectStore; readonly stores: Stores },
  schema: Schema | null,
): TaskOutput {
  const { output } = stage
  switch (output.kind) {
    case 'exchange':
      return new ShuffleOutput(ports.store, event, stage, output.partitioning, output.partitions)
    case 'result':
      return new ShuffleOutput(ports.store, event, stage, { kind: 'gather' }, 1)
    case 'write': {
      const target = ports.stores.open(output.uri)
      const { format } = output
      const key = attemptKey({ ...event, format })
      return new WriteOutput(new PartSink({ store: target, key, format, schema }), target, key, schema)
    }
  }
}

/** Where a task's rows go: the slices of a shuffle object, or a part of an output. */
import type { Batch, RunStore, Schema } from '../../operators/index.ts'
import type { Stage } from '../../planner/index.ts'
import type { CommitRecord } from '../shuffle/commit-record.ts'
import { attemptKey } from '../sink/output-keys.ts'
import { PartSink } from '../sink/part-sink.ts'
import type { ObjectStore, Stores } from '../store/object-store.ts'
import { ShuffleOutput } from './shuffle-output.ts'
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
  /** Rows written: with `replicate` more than were pushed. */
  readonly rows: number
  /** What is pushed is copied: when `push` has resolved, its memory may be written to again. */
  readonly copies: boolean
  push(batch: Batch): void | Promise<void>
  finish(): Promise<FinishedOutput>
  /** Removes what was written. Never throws. */
  abort(): Promise<void>
}

export interface OutputPorts {
  /** The engine's store, where shuffle objects are. */
  readonly store: ObjectStore
  readonly stores: Stores
  /** Where rows go that the budget cannot hold. */
  readonly runs: RunStore
  /** Counted bytes that an exchange holds in memory. */
  readonly budgetBytes: number
  /** What divides a range exchange; null for every other, and where there were no rows. */
  readonly splitters: Batch | null
}

/** Rows for a file of an output. */
class WriteOutput implements TaskOutput {
  readonly #sink: PartSink
  readonly #store: ObjectStore
  readonly #key: string
  #schema: Schema | null
  readonly copies = false
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
  ports: OutputPorts,
  schema: Schema | null,
): TaskOutput {
  const { output } = stage
  switch (output.kind) {
    case 'exchange':
    case 'result':
      return new ShuffleOutput(stage, event, ports)
    case 'write': {
      const target = ports.stores.open(output.uri)
      const { format } = output
      const key = attemptKey({ ...event, format })
      return new WriteOutput(new PartSink({ store: target, key, format, schema }), target, key, schema)
    }
  }
}

/** ShuffleOutput: rows for the next stage, or for the driver, as one Arrow IPC file, batches grouped by partition. */
import {
  ArrowFileWriter,
  type Batch,
  DunlinError,
  type Partitioned,
  Partitioner,
} from '../../operators/index.ts'
import type { Stage } from '../../planner/index.ts'
import type { CommitRecord } from '../shuffle/commit-record.ts'
import { crcOfPieces } from '../shuffle/crc-of-pieces.ts'
import { JoinedWriter } from '../shuffle/joined-writer.ts'
import { dataKey } from '../shuffle/keys.ts'
import { sliceSeed } from '../shuffle/slice-entry.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { StageTaskEvent } from './task-event.ts'
import type { FinishedOutput, OutputPorts, TaskOutput } from './task-output.ts'

/** The bytes of the shuffle object, one after another. */
type TakePieces = (pieces: readonly Uint8Array[]) => void | Promise<void>

/**
 * Rows are held up to the budget, and beyond it as runs. What was held is written by one put; what comes from runs is
 * written as it is read, in the memory of a batch.
 */
export class ShuffleOutput implements TaskOutput {
  readonly #store: ObjectStore
  readonly #event: StageTaskEvent
  readonly #partitioner: Partitioner
  readonly #partitions: number
  readonly #key: string
  readonly #result: boolean
  #writer: JoinedWriter | null = null

  constructor(stage: Stage, event: StageTaskEvent, ports: OutputPorts) {
    const { output } = stage
    const { store, budgetBytes, runs, splitters } = ports
    const exchange =
      output.kind === 'exchange' ? output : { partitioning: { kind: 'gather' } as const, partitions: 1 }
    this.#store = store
    this.#event = event
    this.#result = output.kind === 'result'
    this.#key = dataKey(event.job, event.stage, event)
    this.#partitions = exchange.partitions
    this.#partitioner = new Partitioner({
      partitioning: exchange.partitioning,
      partitions: exchange.partitions,
      operator: stage.title,
      task: event.task,
      budgetBytes,
      runs,
      splitters,
    })
  }

  get rows(): number {
    return this.#partitioner.rows
  }

  get copies(): boolean {
    return this.#partitioner.copies
  }

  push(batch: Batch): void | Promise<void> {
    return this.#partitioner.push(batch)
  }

  async finish(): Promise<FinishedOutput> {
    const divided = this.#partitioner.finish()
    const { schema } = divided
    if (schema === null || this.rows === 0) {
      const empty = this.#result ? { part: { key: '', rows: 0, bytes: 0, crc32: 0 } } : {}
      return { schema, slices: [], bytesOut: 0, puts: 0, ...empty }
    }
    const file = new ArrowFileWriter(schema)
    const { slices, crc32 } = divided.spilled
      ? await this.#stream(divided, file)
      : await this.#put(divided, file)
    const written = { schema, slices, bytesOut: file.sizeBytes, puts: 1 }
    if (!this.#result) return written
    return { ...written, part: { key: this.#key, rows: this.rows, bytes: file.sizeBytes, crc32 } }
  }

  async abort(): Promise<void> {
    await this.#partitioner.close()
    await this.#writer?.abort()
    await this.#store.delete([this.#key]).catch(() => undefined)
  }

  async #put(divided: Partitioned, file: ArrowFileWriter): Promise<WrittenFile> {
    const all: Uint8Array[] = []
    const written = await this.#write(divided, file, pieces => {
      for (const piece of pieces) all.push(piece)
    })
    await this.#store.put(this.#key, all)
    return written
  }

  async #stream(divided: Partitioned, file: ArrowFileWriter): Promise<WrittenFile> {
    const writer = new JoinedWriter(await this.#store.writer(this.#key))
    this.#writer = writer
    const written = await this.#write(divided, file, pieces => writer.write(pieces))
    await writer.close()
    return written
  }

  async #write(divided: Partitioned, file: ArrowFileWriter, take: TakePieces): Promise<WrittenFile> {
    const slices: WrittenFile['slices'][number][] = []
    let fileCrc = 0
    const give = (pieces: readonly Uint8Array[]): void | Promise<void> => {
      // Only a part of an output is checked as a whole.
      if (this.#result) fileCrc = crcOfPieces(pieces, fileCrc)
      return take(pieces)
    }
    await give(file.begin())
    for (let partition = 0; partition < this.#partitions; partition++) {
      const expected = divided.rowsOf(partition)
      if (expected === 0) continue
      const offset = file.sizeBytes
      let crc = sliceSeed({ stage: this.#event.stage, task: this.#event.task, partition })
      let rows = 0
      for await (const batch of divided.batches(partition)) {
        const pieces = file.write(batch)
        crc = crcOfPieces(pieces, crc)
        rows += batch.length
        await give(pieces)
      }
      if (rows !== expected) throw notAll(partition, rows, expected)
      const byteLength = file.sizeBytes - offset
      slices.push({ partition, entry: { offset, byteLength, rows, crc32: crc } })
    }
    await give(file.finish())
    return { slices, crc32: fileCrc }
  }
}

interface WrittenFile {
  readonly slices: CommitRecord['slices']
  /** Of the whole file, where it is a result. */
  readonly crc32: number
}

const notAll = (partition: number, rows: number, expected: number): DunlinError =>
  new DunlinError(
    'ROWS_NOT_CONSERVED',
    `of partition ${partition}, ${expected} rows were kept and ${rows} came back`,
    {
      hint: 'What the task had put aside was changed by something else. Run the job again.',
      retryable: true,
    },
  )

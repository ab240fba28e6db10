/** The barrier's work: reads the commits of a stage and writes its exchange manifest, on a worker. */
import { DunlinError, type Schema } from '../../operators/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { ManifestTaskEvent } from '../task/task-event.ts'
import type { CommitRecord } from './commit-record.ts'
import { readCommit } from './commit-task.ts'
import { commitKey, commitPrefix, manifestKey } from './keys.ts'
import {
  encodeManifestHead,
  INDEXED_BYTES,
  manifestRowBytes,
  type Producer,
  writeIndexed,
} from './manifest.ts'
import { type CommittedObject, type CommittedObjects, withOtherLosses } from './other-losses.ts'
import { readAhead } from './read-ahead.ts'

/** Index memory of one pass; a wider exchange reads the commits again for each further range of partitions. */
const PASS_BYTES = 64 << 20
/** A hundred thousand commits of 30 ms each are read in 25 s; of wide exchanges fewer at a time, for they are large. */
const READS_IN_FLIGHT = 128
const READ_BYTES = 32 << 20
/** What a decoded slice takes. */
const SLICE_BYTES = 160

export interface BuiltManifest {
  readonly rows: number
  readonly bytes: number
  readonly gets: number
  /** Bytes of the slices of each partition. */
  readonly partitionBytes: readonly number[]
}

/**
 * Writes `stage-<s>/exchange.<generation>.manifest` from the commits of all producers, in memory bounded by one pass.
 *
 * @param guard throws where the task must stop; called for each commit that is read
 * @throws DunlinError `ROWS_NOT_CONSERVED` when the slices do not hold the rows that the driver was told of, and
 * `CORRUPT` when a commit is missing, damaged, or has a partition that there is not.
 */
export async function buildManifest(
  store: ObjectStore,
  event: ManifestTaskEvent,
  guard: () => void,
): Promise<BuiltManifest> {
  const rowBytes = manifestRowBytes(event.tasks)
  const perPass = Math.max(1, Math.min(event.partitions, Math.floor(PASS_BYTES / rowBytes)))
  const producers: Producer[] = []
  const schemas = new Map<string, { readonly index: number; readonly schema: Schema }>()
  let rows = 0
  let bytes = 0
  let gets = 0
  const partitionBytes = new Array<number>(event.partitions).fill(0)
  const writer = await store.writer(manifestKey(event.job, event.stage, event.generation))
  try {
    for (let from = 0; from < event.partitions; from += perPass) {
      const to = Math.min(event.partitions, from + perPass)
      const index = new Uint8Array((to - from) * rowBytes)
      const view = new DataView(index.buffer)
      let task = 0
      for await (const commit of commitsOf(store, event)) {
        guard()
        gets++
        if (from === 0) {
          producers.push(producerOf(commit, generationOf(event, task), schemas))
          rows += checkSlices(commit, task, event)
        }
        const entries = new Map(commit.slices.map(({ partition, entry }) => [partition, entry]))
        for (let partition = from; partition < to; partition++) {
          const at = (partition - from) * rowBytes + task * INDEXED_BYTES
          const entry = entries.get(partition)
          writeIndexed(view, at, entry, { partition, task })
          partitionBytes[partition]! += entry?.byteLength ?? 0
        }
        task++
      }
      if (from === 0) {
        if (rows !== event.rows) throw notConserved(event, rows)
        const head = encodeManifestHead(
          {
            stage: event.stage,
            tasks: event.tasks,
            partitions: event.partitions,
            rows,
            schema: event.schema,
            schemas: [...schemas.values()].map(one => one.schema),
          },
          producers,
        )
        await writer.write(head)
        bytes += head.length
      }
      await writer.write(index)
      bytes += index.length
    }
    await writer.close()
  } catch (error) {
    await writer.abort()
    throw await withOtherLosses(error, commitsNamed(store, event))
  }
  return { rows, bytes, gets, partitionBytes }
}

const generationOf = ({ generations }: ManifestTaskEvent, task: number): number =>
  generations.others[task] ?? generations.base

function commitsOf(store: ObjectStore, event: ManifestTaskEvent): AsyncGenerator<CommitRecord> {
  const tasks = Array.from({ length: event.tasks }, (_, task) => task)
  const sizeOf = (): number => event.partitions * SLICE_BYTES
  return readAhead({ items: tasks, width: READS_IN_FLIGHT, maxBytes: READ_BYTES, sizeOf }, task =>
    commitOf(store, event, task),
  )
}

async function commitOf(store: ObjectStore, event: ManifestTaskEvent, task: number): Promise<CommitRecord> {
  const generation = generationOf(event, task)
  const { job, stage } = event
  const commit = await readCommit(store, { ...event, task }, generation)
  if (commit !== undefined) return commit
  throw new DunlinError('CORRUPT', `the commit record of task ${task} of stage ${stage} is gone`, {
    place: { task },
    hint: 'Something outside of the job removed files of its store. Run the job again.',
    lost: { job, stage, task, generation },
  })
}

function commitsNamed(store: ObjectStore, event: ManifestTaskEvent): CommittedObjects {
  const { job, stage } = event
  const objects = async (): Promise<Iterable<CommittedObject>> =>
    Array.from({ length: event.tasks }, (_, task) => {
      const generation = generationOf(event, task)
      return { key: commitKey(job, stage, task, generation), task, generation, sizeBytes: 0 }
    })
  return { store, prefix: commitPrefix(job, stage), objects }
}

function producerOf(
  commit: CommitRecord,
  generation: number,
  schemas: Map<string, { index: number; schema: Schema }>,
): Producer {
  const { attempt, nonce, schema } = commit.success
  // What has no slice has written no object: who looks for objects that are gone must not look for that.
  if (schema === null || commit.slices.length === 0) return { attempt, nonce, schema: -1, generation }
  const text = JSON.stringify(schema)
  let known = schemas.get(text)
  if (known === undefined) {
    known = { index: schemas.size, schema }
    schemas.set(text, known)
  }
  return { attempt, nonce, schema: known.index, generation }
}

/** Rows of a commit's slices, after checking that they are the commit's own and each partition stands once. */
function checkSlices(commit: CommitRecord, task: number, event: ManifestTaskEvent): number {
  let rows = 0
  let last = -1
  for (const { partition, entry } of commit.slices) {
    if (partition <= last || partition >= event.partitions) {
      throw new DunlinError(
        'CORRUPT',
        `task ${task} of stage ${event.stage} committed partition ${partition} out of order`,
        {
          place: { task },
        },
      )
    }
    last = partition
    rows += entry.rows
  }
  if (rows !== commit.success.rowsOut) {
    throw new DunlinError(
      'ROWS_NOT_CONSERVED',
      `task ${task} of stage ${event.stage} committed ${commit.success.rowsOut} rows, but its slices hold ${rows}`,
      { place: { task } },
    )
  }
  return rows
}

function notConserved(event: ManifestTaskEvent, rows: number): DunlinError {
  return new DunlinError(
    'ROWS_NOT_CONSERVED',
    `the tasks of stage ${event.stage} reported ${event.rows} rows, but their commits hold ${rows}`,
    { hint: 'Nothing was published. Run the job again.' },
  )
}

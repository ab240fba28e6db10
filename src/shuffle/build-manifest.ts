/** The barrier's work: reads the commits of a stage and writes its exchange manifest, on a worker. */
import { DunlinError, type Schema } from '../../operators/index.ts'
import { MANIFEST_RANGE_BYTES } from '../../planner/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { readAhead } from '../store/read-ahead.ts'
import type { ManifestTaskEvent } from '../task/task-event.ts'
import type { CommitRecord } from './commit-record.ts'
import { readCommit } from './commit-task.ts'
import { IndexRange, type Partitions } from './index-range.ts'
import { commitKey, commitPrefix, manifestKey, spilledSlicesKey } from './keys.ts'
import { encodeManifestHead, manifestRowBytes, type Producer } from './manifest.ts'
import { type CommittedObject, type CommittedObjects, withOtherLosses } from './other-losses.ts'
import { SliceSpill } from './slice-spill.ts'

/** A hundred thousand commits of 30 ms each are read in 25 s; of wide exchanges fewer at a time, for they are large. */
const READS_IN_FLIGHT = 128
const READ_BYTES = 32 << 20
/** What a decoded slice takes. */
const SLICE_BYTES = 160

export interface BuiltManifest {
  readonly rows: number
  readonly bytes: number
  readonly gets: number
  readonly puts: number
  /** Put aside, and read again. */
  readonly spilledBytes: number
  /** Bytes of the slices of each partition. */
  readonly partitionBytes: readonly number[]
}

/**
 * Writes `stage-<s>/exchange.<generation>.manifest` from the commits of all producers, in memory bounded by
 * `rangeBytes` and what waits to be written. Each commit is read once.
 *
 * @param guard throws where the task must stop; called for each commit that is read
 * @throws DunlinError `ROWS_NOT_CONSERVED` when the slices do not hold the rows that the driver was told of, and
 * `CORRUPT` when a commit is missing, damaged, or has a partition that there is not.
 */
export async function buildManifest(
  store: ObjectStore,
  event: ManifestTaskEvent,
  guard: () => void,
  rangeBytes = MANIFEST_RANGE_BYTES,
): Promise<BuiltManifest> {
  const [first, ...later] = rangesOf(event, rangeBytes)
  const { job, stage, generation, attempt, nonce } = event
  const built = { rows: 0, bytes: 0, gets: 0, partitionBytes: new Array<number>(event.partitions).fill(0) }
  const writer = await store.writer(manifestKey(job, stage, generation))
  const write = async (bytes: Uint8Array): Promise<void> => {
    await writer.write(bytes)
    built.bytes += bytes.length
  }
  let spill: SliceSpill | null = null
  try {
    if (later.length > 0) {
      spill = await SliceSpill.open(store, spilledSlicesKey(job, stage, attempt, nonce), later.length)
    }
    const index = new IndexRange(event.tasks, first!.to)
    index.begin(first!)
    const producers: Producer[] = []
    const schemas = new Map<string, { readonly index: number; readonly schema: Schema }>()
    for await (const commit of commitsOf(store, event)) {
      guard()
      built.gets++
      const task = producers.length
      producers.push(producerOf(commit, generationOf(event, task), schemas))
      built.rows += checkSlices(commit, task, event)
      for (const { partition, entry } of commit.slices) {
        built.partitionBytes[partition]! += entry.byteLength
        const range = Math.floor(partition / first!.to)
        if (range === 0) index.add(task, partition, entry)
        else {
          const full = spill!.add(range - 1, task, partition, entry)
          if (full !== undefined) await full
        }
      }
    }
    if (built.rows !== event.rows) throw notConserved(event, built.rows)
    const { tasks, partitions, rows, schema } = event
    const written = [...schemas.values()].map(one => one.schema)
    await write(encodeManifestHead({ stage, tasks, partitions, rows, schema, schemas: written }, producers))
    await write(index.finish())
    await spill?.close()
    for (const [i, range] of later.entries()) {
      index.begin(range)
      await spill!.read(i, (task, partition, entry) => index.add(task, partition, entry), guard)
      await write(index.finish())
    }
    // The first one stands: readers may have it already, and a delivery that comes late may find other commits.
    await writer.close({ ifAbsent: true })
  } catch (error) {
    await writer.abort()
    throw await withOtherLosses(error, commitsNamed(store, event))
  } finally {
    await spill?.remove()
  }
  const puts = spill === null ? 1 : 2
  return { ...built, gets: built.gets + (spill?.gets ?? 0), puts, spilledBytes: spill?.sizeBytes ?? 0 }
}

/** All of one width, but the last. */
function rangesOf({ tasks, partitions }: ManifestTaskEvent, rangeBytes: number): readonly Partitions[] {
  const width = Math.max(1, Math.min(partitions, Math.floor(rangeBytes / manifestRowBytes(tasks))))
  const count = Math.ceil(partitions / width)
  return Array.from({ length: count }, (_, i) => ({
    from: i * width,
    to: Math.min(partitions, (i + 1) * width),
  }))
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

/** Reads values that `stageValues` wrote: record batches of an Arrow file whose hash the split knows. */
import { createHash } from 'node:crypto'
import { type Batch, DunlinError, decodeArrowFile } from '../../operators/index.ts'
import type { SplitRange } from '../../planner/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { ReadCounters } from './read-split.ts'
import { shownPath } from './shown-path.ts'

export interface StagedRequest {
  readonly store: ObjectStore
  readonly range: SplitRange
  readonly columns?: readonly string[]
  readonly signal: AbortSignal
  readonly counters: ReadCounters
}

/**
 * The batches `start` to `end` of the file. Staged files are small, so each is read whole and its hash checked before
 * a decoder sees a byte.
 *
 * @throws CORRUPT for bytes that are not what was staged.
 */
export async function readStaged(request: StagedRequest): Promise<readonly Batch[]> {
  const { store, range, columns, signal, counters } = request
  const get = async (): Promise<Uint8Array> => {
    counters.gets++
    return store.get(range.key, undefined, { signal })
  }
  const isStaged = (bytes: Uint8Array): boolean =>
    createHash('sha256').update(bytes).digest('hex') === range.version
  let bytes = await get()
  // Other bytes are asked for once more: the network, too, turns bits.
  if (!isStaged(bytes)) bytes = await get()
  counters.bytesIn += bytes.byteLength
  if (!isStaged(bytes)) {
    throw new DunlinError('CORRUPT', `${shownPath(range.root, range.key)} is not what was staged there`, {
      hint: 'Was the job store changed? Run the job again.',
      // The next attempt may have a better line.
      retryable: true,
    })
  }
  const { batches } = decodeArrowFile(bytes)
  return batches.slice(range.start, range.end).map(batch => pruned(batch, columns))
}

function pruned(batch: Batch, columns: readonly string[] | undefined): Batch {
  const { schema } = batch
  if (columns === undefined || schema.shape !== 'object') return batch
  // A name that the records do not have may be misspelt: whoever finds out has to see all that there are.
  if (!columns.every(name => schema.fields.some(field => field.name === name))) return batch
  const kept = schema.fields.flatMap((field, i) => (columns.includes(field.name) ? [i] : []))
  return {
    schema: { shape: 'object', fields: kept.map(i => schema.fields[i]!) },
    length: batch.length,
    columns: kept.map(i => batch.columns[i]!),
  }
}

/** `splits.json.zst`: the splits of a job's scans, which a driver that takes it over needs beside the plan. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { DunlinError } from '../../operators/index.ts'
import type { Planned } from '../../planner/index.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { jobKeys } from './job-records.ts'

/** By stage, one an input of it: as in `Planned`. */
type Splits = Planned['splits']
type SplitsOfStage = Splits extends ReadonlyMap<infer K, infer V> ? [K, V] : never

/** Decompressing checks the checksum. */
const CHECKED = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }

export async function writeSplits(store: ObjectStore, job: string, splits: Splits): Promise<void> {
  await store.put(jobKeys.splits(job), zstdCompressSync(Buffer.from(JSON.stringify([...splits])), CHECKED))
}

/** @throws CORRUPT where they are not there or not whole: the job has ended, or its store was changed */
export async function readSplits(store: ObjectStore, job: string): Promise<Splits> {
  const key = jobKeys.splits(job)
  const read = async (): Promise<Splits> => {
    const bytes = zstdDecompressSync(await store.get(key))
    return new Map(JSON.parse(bytes.toString()) as SplitsOfStage[])
  }
  try {
    // Other bytes than were written are asked for once more: the network, too, turns bits.
    return await read().catch(read)
  } catch (cause) {
    throw new DunlinError('CORRUPT', `${store.uri}${key} cannot be read: job ${job} cannot go on`, {
      cause,
      hint: 'Run the pipeline again.',
      place: { job },
    })
  }
}

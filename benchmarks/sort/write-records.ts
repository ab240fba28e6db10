/** Generated records as files: a pipeline that writes parts, or one file. */
import { mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DunlinError, type Output, range } from 'dunlin'
import { generateRecords, type RecordsOptions } from './generate-records.ts'
import { RECORD_BYTES } from './record-layout.ts'

/** Records that are made at once. */
const CHUNK_RECORDS = 10_000

export interface WriteRecordsOptions extends RecordsOptions {
  readonly records: number
  /** Records of a task, which writes one part; the planner's default where absent. */
  readonly recordsAPart?: number
  readonly mode?: 'fail' | 'overwrite'
}

/**
 * Parts in a directory, in the order of the records; together the same bytes as one file of all of them.
 *
 * @example
 * await recordsOutput('data/input/', { records: 1e6 }).run() // 100 MB
 */
export function recordsOutput(directory: string, options: WriteRecordsOptions): Output {
  const { records, recordsAPart, mode = 'fail', ascii = false, distribution = 'uniform', seed = 0 } = options
  return range(0, records, recordsAPart === undefined ? {} : { splitRows: recordsAPart })
    .mapBatches(numbers => madeRecords(numbers[0]!, numbers.length, { ascii, distribution, seed }), {
      size: CHUNK_RECORDS,
    })
    .write.records(directory, { mode })
}

function madeRecords(start: number, count: number, options: RecordsOptions): Uint8Array[] {
  const out = new Uint8Array(count * RECORD_BYTES)
  generateRecords({ ...options, start, count, out })
  return Array.from({ length: count }, (_, i) => out.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES))
}

/**
 * One file, by this process alone; nothing is left of it where that fails.
 *
 * @throws DunlinError `OUTPUT_NOT_EMPTY` where there is such a file, but for the mode `overwrite`.
 */
export async function writeRecordsFile(
  path: string,
  options: WriteRecordsOptions,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, options.mode === 'overwrite' ? 'w' : 'wx').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new DunlinError('OUTPUT_NOT_EMPTY', `${path} is there already`, {
      hint: 'Choose another name, or overwrite it.',
    })
  })
  try {
    const source = Readable.from(chunks(options), { objectMode: true, highWaterMark: 1 })
    await pipeline(source, file.createWriteStream(), signal ? { signal } : {})
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

function* chunks({ records, ...options }: WriteRecordsOptions): Generator<Uint8Array> {
  for (let start = 0; start < records; start += CHUNK_RECORDS) {
    const count = Math.min(CHUNK_RECORDS, records - start)
    const out = new Uint8Array(count * RECORD_BYTES)
    generateRecords({ ...options, start, count, out })
    yield out
  }
}

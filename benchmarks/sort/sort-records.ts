/** The sort of the sort benchmarks: records of 100 bytes by their first 10. */
import { type Dataset, type FixedRecord, type Output, read } from 'dunlin'
import { KEY_BYTES, RECORD_BYTES } from './record-layout.ts'

export interface SortOptions {
  /** Parts of the output; the planner chooses by default. */
  readonly partitions?: number
  /** Of each task: what is larger goes through the disk. */
  readonly memoryMb?: number
  readonly splitBytes?: number
}

/**
 * @example
 * await sortRecords('data/input/', { partitions: 8 }).take(1) // [{ key: Uint8Array(10), value: Uint8Array(100) }]
 */
export function sortRecords(input: string | readonly string[], options: SortOptions): Dataset<FixedRecord> {
  const { partitions, memoryMb, splitBytes } = options
  const split = splitBytes === undefined ? {} : { splitBytes }
  const memory = memoryMb === undefined ? {} : { memoryMb }
  return read
    .records(input, { length: RECORD_BYTES, key: [0, KEY_BYTES], ...split })
    .with(memory)
    .sortBy('key')
    .with({ ...memory, ...(partitions === undefined ? {} : { partitions }) })
}

/** The records in order, as files in a directory. */
export function sortOutput(
  input: string | readonly string[],
  output: string,
  options: SortOptions & { readonly mode?: 'fail' | 'overwrite' },
): Output {
  return sortRecords(input, options).write.records(output, { mode: options.mode ?? 'fail' })
}

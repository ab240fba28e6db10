/** Word count: the runs of letters of a text, lower-cased, and how often each stands there. */
import { type Dataset, type Output, read } from 'dunlin'

export interface WordCountOptions {
  /** `words`: the built-in verb. `function`: a user's function for each line. The same words either way. */
  readonly by: 'words' | 'function'
  /** Parts of the output; the planner chooses by default. */
  readonly partitions?: number
  readonly memoryMb?: number
  readonly splitBytes?: number
}

/**
 * @example
 * await wordCount('logs/*.txt', { by: 'words' }).take(5) // [{ value: 'the', count: 14512 }, …]
 */
export function wordCount(
  input: string | readonly string[],
  options: WordCountOptions,
): Dataset<{ value: string; count: number }> {
  const { by, partitions, memoryMb, splitBytes } = options
  const lines = read.text(input, splitBytes === undefined ? {} : { splitBytes })
  const words =
    by === 'words' ? lines.words() : lines.flatMap(line => line.toLowerCase().match(/\p{L}+/gu) ?? [])
  const memory = memoryMb === undefined ? {} : { memoryMb }
  return words
    .with(memory)
    .valueCounts()
    .with({ ...memory, ...(partitions === undefined ? {} : { partitions }) })
}

/** The counts as CSV files `value,count` in a directory. */
export function wordCountOutput(
  input: string | readonly string[],
  output: string,
  options: WordCountOptions & { readonly mode?: 'fail' | 'overwrite' },
): Output {
  return wordCount(input, options).write.csv(output, { mode: options.mode ?? 'fail' })
}

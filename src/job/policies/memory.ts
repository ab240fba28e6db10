/** What follows when a task ran out of memory: that task alone again with more, or an error that says what to do. Pure. */
import type { Failure } from '../../../operators/index.ts'

/** What is known of the task, for people. */
export interface MemoryDemand {
  readonly stage: { readonly id: number; readonly title: string }
  /** Null: the stage's manifest. */
  readonly task: number | null
  /** That it reads of the stage's exchanges; null where it reads none. */
  readonly partition: number | null
  /** That it reads; null where not known. */
  readonly bytes: number | null
}

export type MemoryDecision =
  | { readonly retry: true; readonly memoryMb: number }
  | { readonly retry: false; readonly failure: Failure }

/** With one size only, a worker that others had used may have been half full: a fresh one is tried once. */
const TRIES_OF_ONE_SIZE = 2
const BYTES_PER_MB = 1e6

/**
 * The next size up, of those that the backend has. Results do not depend on it: the budgets of operators stay.
 *
 * @param options.triedMb what the attempt that failed had
 * @param options.outOfMemory how often the task has run out of memory, this time included
 */
export function afterOutOfMemory(options: {
  readonly failure: Failure
  readonly triedMb: number
  readonly outOfMemory: number
  readonly sizesMb: readonly number[]
  readonly demand: MemoryDemand
}): MemoryDecision {
  const { failure, triedMb, outOfMemory, sizesMb, demand } = options
  const larger = sizesMb.find(size => size > triedMb)
  if (larger !== undefined) return { retry: true, memoryMb: larger }
  if (sizesMb.length === 1 && outOfMemory < TRIES_OF_ONE_SIZE) return { retry: true, memoryMb: triedMb }
  return { retry: false, failure: tooLarge(failure, triedMb, demand) }
}

function tooLarge(failure: Failure, triedMb: number, demand: MemoryDemand): Failure {
  const { stage, task, bytes } = demand
  const where = `${taskText(demand)} of stage ${stage.id} (${stage.title})`
  const size = bytes === null ? '' : `, which reads ${sizeText(bytes)},`
  return {
    ...failure,
    message: `${where}${size} ran out of memory with ${triedMb} MB, the most there is: ${failure.message}`,
    hint:
      'Divide the data into more tasks: .with({ partitions }), or smaller splits by splitBytes; let user functions' +
      ` keep less; or take an engine whose workers can have more than ${triedMb} MB.`,
    retryable: false,
    place: { ...failure.place, stage: stage.id, ...(task === null ? {} : { task }) },
  }
}

function taskText({ task, partition }: MemoryDemand): string {
  if (task === null) return 'the exchange index'
  return partition === null ? `task ${task}` : `task ${task} (partition ${partition})`
}

function sizeText(bytes: number): string {
  return bytes < BYTES_PER_MB ? `${bytes} bytes` : `${Math.round(bytes / BYTES_PER_MB)} MB`
}

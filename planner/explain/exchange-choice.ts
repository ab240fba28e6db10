/** Whether the slices of an exchange are better merged on their way: by requests, seconds and dollars. */
import type { EngineFacts } from '../facts.ts'
import { firstMemoryMb } from '../memory-tier.ts'
import { type MergeShape, mergeTasks, partitionGroups, producerGroups } from '../merge-shape.ts'

export interface WideExchange {
  readonly shape: MergeShape
  /** What goes through it, as far as that is guessed. */
  readonly bytes: number
  readonly memoryMb: number
}

interface Effort {
  readonly seconds: number
  readonly dollars: number
}

/** One wave more: launches, a barrier, an index. */
const WAVE_SECONDS = 2
/** Of each reader, beside its slices. */
const INDEX_GETS = 3
const MB_A_GB = 1024

/** As slow as the bytes or the requests of a wave are; waiting is paid for like work. */
function waveEffort(
  wave: { readonly tasks: number; readonly bytes: number; readonly gets: number; readonly puts: number },
  memoryMb: number,
  engine: EngineFacts,
): Effort {
  const { slots, bytesPerSecond, requestsPerSecond, memorySizesMb, dollars: prices } = engine
  const atOnce = Math.min(wave.tasks, slots)
  const rates = requestsPerSecond ?? { gets: Number.POSITIVE_INFINITY, puts: Number.POSITIVE_INFINITY }
  const seconds = Math.max(
    wave.bytes / bytesPerSecond / atOnce,
    wave.gets / rates.gets,
    wave.puts / rates.puts,
  )
  const gb = (memorySizesMb === undefined ? memoryMb : firstMemoryMb(memorySizesMb, memoryMb)) / MB_A_GB
  const requests = wave.gets * prices.perGet + wave.puts * prices.perPut
  return {
    seconds,
    dollars: seconds * atOnce * gb * prices.perGbSecond + requests + wave.tasks * prices.perTask,
  }
}

/**
 * True where it is both quicker and no dearer. Where requests cost nothing and are answered as fast as they are sent, never:
 * the bytes are read and written once more.
 */
export function isBetterMerged({ shape, bytes, memoryMb }: WideExchange, engine: EngineFacts): boolean {
  const { producers, partitions } = shape
  const tasks = mergeTasks(shape)
  const effort = (wave: Parameters<typeof waveEffort>[0]): Effort => waveEffort(wave, memoryMb, engine)
  const reading = { tasks: partitions, bytes, puts: 0 }
  const direct = effort({ ...reading, gets: partitions * (producers + INDEX_GETS) })
  const merging = effort({
    tasks,
    bytes: 2 * bytes,
    gets: partitionGroups(shape) * producers + tasks * (INDEX_GETS + 1),
    puts: 2 * tasks + 1,
  })
  const merged = effort({ ...reading, gets: partitions * (producerGroups(shape) + INDEX_GETS) })
  const seconds = merging.seconds + merged.seconds + WAVE_SECONDS
  return seconds < direct.seconds && merging.dollars + merged.dollars <= direct.dollars
}

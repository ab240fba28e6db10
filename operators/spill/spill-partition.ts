/** Where rows go by the hash of their keys when what is held has passed its budget: level by level on other bits. */
import { finish } from '../partition/murmur.ts'
import { partitionOf } from '../partition/partitioner.ts'

/** Parts that rows are divided into at each level: so many appenders have to fit in memory, and so many runs are merged. */
export const SPILL_PARTITIONS = 16
/**
 * Rows are divided at levels 0 … 4: into a million parts. What is still too large then is of one key, or of keys with
 * equal hashes, which no further level would take apart.
 */
export const SPILL_LEVELS = 5

/**
 * Makes partitions of the first `length` hashes, in place. Rows that came to a task or a part together share bits of
 * their hashes, so each level mixes them again with a constant of its own.
 */
export function spillPartitions(hashes: Uint32Array, length: number, level: number): void {
  const seed = Math.imul(level + 1, 0x9e3779b1)
  for (let row = 0; row < length; row++)
    hashes[row] = partitionOf(finish(hashes[row]! ^ seed) >>> 0, SPILL_PARTITIONS)
}

/** The heap sizes that workers on this machine can have. */
import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'

const BYTES_PER_MB = 2 ** 20

/** What Node itself lets this process's heap grow to. */
export function nodeHeapMb(): number {
  return Math.max(1, Math.floor(getHeapStatistics().heap_size_limit / BYTES_PER_MB))
}

/** What large workers may take together: half of the machine. */
export function largeWorkersMb(): number {
  return Math.floor(totalmem() / BYTES_PER_MB / 2)
}

/** `firstMb`, then twice as much again and again, while it fits into `mostMb`. */
export function doublingSizesMb(firstMb: number, mostMb: number): readonly number[] {
  const sizes = [firstMb]
  for (let size = firstMb * 2; size <= mostMb; size *= 2) sizes.push(size)
  return sizes
}

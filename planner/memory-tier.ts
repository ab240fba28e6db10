/** The memory that a task is given, where workers have only some sizes. */

/**
 * The size that a task starts with: the smallest that is at least what its stage asked for, or the largest there is.
 *
 * @param sizesMb ascending, one at least
 */
export function firstMemoryMb(sizesMb: readonly number[], askedMb: number): number {
  return sizesMb.find(size => size >= askedMb) ?? sizesMb.at(-1)!
}

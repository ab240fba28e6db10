/** How long the parts of a multipart upload are: short at first, so that memory is, and so that 10,000 reach for any object. */

const MIB = 1 << 20
const FIRST_BYTES = 8 * MIB
/** S3 takes parts from 5 MiB, but the last, to 5 GiB, and 10,000 of them. */
export const MOST_PARTS = 10_000
const LARGEST_BYTES = 5 * 1024 * MIB
/** Parts of one length. All together hold 8 TiB. */
const PARTS_PER_LENGTH = 1_000
/** More is sent in parts: a part that fails is sent again by itself, and pieces are not joined in memory. */
export const LONGEST_PUT_BYTES = 16 * MIB

/** The same for whoever counts requests ahead. */
export const UPLOADS = {
  longestPutBytes: LONGEST_PUT_BYTES,
  partBytes: FIRST_BYTES,
  partsPerLength: PARTS_PER_LENGTH,
} as const

/**
 * The length of a part by its number, from 1 on.
 *
 * @example
 * partBytes(1) // 8 MiB; partBytes(1001) is 16 MiB, when 8 GB have been written
 */
export function partBytes(number: number): number {
  const doublings = Math.floor((number - 1) / PARTS_PER_LENGTH)
  return Math.min(FIRST_BYTES * 2 ** doublings, LARGEST_BYTES)
}

/** How many requests writing an object takes, by how its store writes what is long. */
import type { UploadFacts } from './facts.ts'

/** One object, or at most so many bytes of one, by requests that are billed like a PUT. */
export interface Upload {
  readonly bytes: number
  /** Given at once, and not piece by piece. */
  readonly isWhole: boolean
}

/**
 * @param uploads absent: every object by one request
 *
 * @example
 * uploadRequests({ bytes: 20 << 20, isWhole: true }, uploads) // begin, three parts of 8 MiB, end: 5
 */
export function uploadRequests({ bytes, isWhole }: Upload, uploads: UploadFacts | undefined): number {
  if (uploads === undefined) return 1
  const { longestPutBytes, partBytes, partsPerLength } = uploads
  // Given piece by piece a part goes when it is full, before it is known that nothing follows.
  if (isWhole ? bytes <= longestPutBytes : bytes < partBytes) return 1
  let left = bytes
  let parts = 0
  for (let length = partBytes; left > 0; length *= 2) {
    const ofLength = Math.min(partsPerLength, Math.ceil(left / length))
    parts += ofLength
    left -= ofLength * length
  }
  return parts + 2
}

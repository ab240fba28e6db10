/** Damage to bytes, as disks and networks do it. */
import type { RandomStream } from './random-streams.ts'

/** One bit is another. */
export function flipped(bytes: Uint8Array, random: RandomStream): Uint8Array {
  const other = bytes.slice()
  if (other.length > 0) other[random.below(other.length)]! ^= 1 << random.below(8)
  return other
}

/** The end is missing. */
export function truncated(bytes: Uint8Array, random: RandomStream): Uint8Array {
  return bytes.slice(0, random.below(Math.max(1, bytes.length)))
}

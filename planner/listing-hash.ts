/** The hash of a listing and its cuts: what the fingerprint knows of the data. */
import { createHash } from 'node:crypto'
import type { Listing } from './facts.ts'
import type { Split } from './physical.ts'

/** Lines joined before the hash sees them: a call per line would cost more than the hashing. */
const LINES_AT_ONCE = 4096

function* lines(listing: Listing, splits: readonly Split[], keys: 'named' | 'staged'): Generator<string> {
  // Roots are machine paths: two objects of one root stay two of one root, whatever its name.
  const roots = new Map<string, number>()
  for (const { root, key, sizeBytes, version, compression = '-', batches = '-' } of listing.objects) {
    if (!roots.has(root)) roots.set(root, roots.size)
    const name = keys === 'named' ? `${roots.get(root)} ${JSON.stringify(key)}` : '-'
    yield `object ${name} ${sizeBytes} ${JSON.stringify(version)} ${compression} ${batches}`
  }
  for (const { ranges } of splits) {
    yield `split ${ranges.map(range => `${range.start}-${range.end}`).join(' ')}`
  }
}

/**
 * SHA-256 over keys, sizes, versions and cuts, in order. Objects that dunlin staged itself (`from(iterable)`) are known
 * by size and version alone: their keys name the job.
 */
export function listingHash(
  listing: Listing,
  splits: readonly Split[],
  options: { readonly keys: 'named' | 'staged' },
): string {
  const hash = createHash('sha256')
  let pending: string[] = []
  for (const line of lines(listing, splits, options.keys)) {
    pending.push(line, '\n')
    if (pending.length < LINES_AT_ONCE) continue
    hash.update(pending.join(''))
    pending = []
  }
  return hash.update(pending.join('')).digest('hex')
}

/** The hash of a listing and its cuts: what the fingerprint knows of the data. */
import { createHash } from 'node:crypto'
import type { Listing } from './facts.ts'
import type { Split } from './physical.ts'

/** Lines joined before the hash sees them: a call per line would cost more than the hashing. */
const LINES_AT_ONCE = 4096

function splitLine({ ranges }: Split): string {
  return `split ${ranges.map(range => `${range.start}-${range.end}`).join(' ')}`
}

function* lines(listing: Listing, splits: readonly Split[], keys: 'named' | 'staged'): Generator<string> {
  // Roots are machine paths: two objects of one root stay two of one root, whatever its name.
  const roots = new Map<string, number>()
  for (const { root, key, sizeBytes, version, compression = '-', batches = '-' } of listing.objects) {
    if (!roots.has(root)) roots.set(root, roots.size)
    const name = keys === 'named' ? `${roots.get(root)} ${JSON.stringify(key)}` : '-'
    yield `object ${name} ${sizeBytes} ${JSON.stringify(version)} ${compression} ${batches}`
  }
  for (const split of splits) yield splitLine(split)
}

function* pieceLines(listing: string, splits: readonly Split[]): Generator<string> {
  yield `pieces of ${listing}`
  for (const split of splits) yield splitLine(split)
}

function sha256(lines: Iterable<string>): string {
  const hash = createHash('sha256')
  let pending: string[] = []
  for (const line of lines) {
    pending.push(line, '\n')
    if (pending.length < LINES_AT_ONCE) continue
    hash.update(pending.join(''))
    pending = []
  }
  return hash.update(pending.join('')).digest('hex')
}

/** SHA-256 over pieces of the splits whose listing hash is `listing`. */
export function piecesHash(listing: string, splits: readonly Split[]): string {
  return sha256(pieceLines(listing, splits))
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
  return sha256(lines(listing, splits, options.keys))
}

/** The commit records that were written, each decoded once for all invariants. */
import { type CommitRecord, decodeCommit } from '../../src/shuffle/commit-record.ts'
import type { Change } from './object-space.ts'

const decoded = new WeakMap<Change, CommitRecord>()

export function commitOf(change: Change): CommitRecord {
  let commit = decoded.get(change)
  if (commit === undefined) decoded.set(change, (commit = decodeCommit(change.bytes!, change.key)))
  return commit
}

/** Checks the files of a sort's output, or of its input. */
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DunlinError } from 'dunlin'
import { checkManifest } from './check-manifest.ts'
import { SortCheck, type SortSummary } from './sort-check.ts'

const PIECE_BYTES = 1 << 20

/**
 * Each path is a file, or a directory whose files are its parts in the order of their names (those that begin with `_`
 * or `.` are none). All of them together are one output. Where a directory has the manifest of a job, `_SUCCESS`, its
 * parts are those that the manifest lists.
 *
 * @throws DunlinError `NOT_FOUND` for a path that does not exist, or a directory without parts; `CORRUPT` for one that is
 * not what its manifest says; `BAD_RECORD` for a file that ends inside a record.
 *
 * @example
 * const { checksum, unordered } = await checkFiles(['sorted/'])
 */
export async function checkFiles(paths: readonly string[], signal?: AbortSignal): Promise<SortSummary> {
  const check = new SortCheck()
  for (const path of paths) {
    for (const part of await partsOf(path)) {
      check.begin(basename(part))
      const options = { highWaterMark: PIECE_BYTES, ...(signal && { signal }) }
      for await (const piece of createReadStream(part, options)) check.push(piece as Uint8Array)
    }
  }
  return check.summary()
}

async function partsOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DunlinError('NOT_FOUND', `${path} cannot be read: ${cause.message}`, { cause })
  })
  if (!found.isDirectory()) return [path]
  const entries = await readdir(path, { withFileTypes: true })
  const names = entries
    .filter(entry => !entry.isDirectory() && !/^[_.]/.test(entry.name))
    .map(entry => entry.name)
  await checkManifest(path, names)
  if (names.length === 0) {
    throw new DunlinError('NOT_FOUND', `${path} is a directory without any part`, {
      hint: 'Has the job ended, and did it write here?',
    })
  }
  return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(name => join(path, name))
}

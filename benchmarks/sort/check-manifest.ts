/** Checks the files of a directory against the `_SUCCESS` manifest that a job left there. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DunlinError } from 'dunlin'
import { RECORD_BYTES } from './record-layout.ts'

/** What is looked at of the manifest. */
interface ListedPart {
  readonly name: string
  readonly bytes: number
  /** Null where the job did not write it. */
  readonly rows: number | null
}

/**
 * Parts that are missing, added or of another length. A directory without a manifest, or with one of another tool, is
 * taken as it is.
 *
 * @throws DunlinError `CORRUPT`, naming the part.
 */
export async function checkManifest(directory: string, names: readonly string[]): Promise<void> {
  const parts = await listedParts(directory)
  if (parts === null) return
  const there = new Set(names)
  for (const { name, bytes, rows } of parts) {
    if (!there.delete(name)) throw unlike(directory, `${name} is missing`)
    const { size } = await stat(join(directory, name))
    if (size !== bytes) throw unlike(directory, `${name} has ${size} bytes, not ${bytes}`)
    const records = size / RECORD_BYTES
    if (rows !== null && rows !== records)
      throw unlike(directory, `${name} has ${records} records, not ${rows}`)
  }
  const [added] = [...there].sort()
  if (added !== undefined) throw unlike(directory, `${added} is not listed`)
}

async function listedParts(directory: string): Promise<readonly ListedPart[] | null> {
  try {
    const text = await readFile(join(directory, '_SUCCESS'), 'utf8')
    const { writer, version, parts } = (JSON.parse(text) ?? {}) as Record<string, unknown>
    return writer === 'dunlin' && version === 1 && Array.isArray(parts) ? parts : null
  } catch (error) {
    // There is none, or another tool left an empty one.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function unlike(directory: string, what: string): DunlinError {
  return new DunlinError('CORRUPT', `${directory} is not what its _SUCCESS says: ${what}`, {
    hint: 'Write it again, or delete _SUCCESS to check the files that are there.',
  })
}

/** The directory that an artefact is written into: its own, and nobody else's. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DunlinError } from '../../operators/index.ts'
import { MANIFEST } from './artefact-name.ts'

const OWN_FILE = /^[0-9a-f]{64}\.(?:mjs|map|bin|plan)$/
/** Names in the message. */
const NAMES_SHOWN = 3

/**
 * The files of an earlier artefact in the directory. The manifest is first: a directory without it is no artefact any
 * more. An artefact whose writing was cut short has none, and is known by the names of its other files.
 *
 * @throws DunlinError `OUTPUT_NOT_EMPTY` where there is anything else, or where a file stands in its place
 */
export async function earlierArtefact(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    if (error.code !== 'ENOTDIR') throw error
    throw new DunlinError('OUTPUT_NOT_EMPTY', `${directory} is a file, and an artefact is a directory`, {
      hint: 'Build into another directory, or remove the file.',
    })
  })
  const others = names.filter(name => name !== MANIFEST && !OWN_FILE.test(name))
  if (others.length > 0) {
    const shown = others.slice(0, NAMES_SHOWN).join(', ')
    const rest = others.length > NAMES_SHOWN ? ` and ${others.length - NAMES_SHOWN} more` : ''
    throw new DunlinError('OUTPUT_NOT_EMPTY', `${directory} holds what is no artefact: ${shown}${rest}`, {
      hint: 'Build into a directory of its own: what an earlier build left there is replaced.',
    })
  }
  return names.toSorted((a, b) => Number(b === MANIFEST) - Number(a === MANIFEST))
}

/** Removes what an earlier artefact had and the new one has not. */
export async function removeEarlier(
  directory: string,
  earlier: readonly string[],
  kept: readonly string[],
): Promise<void> {
  for (const name of earlier) if (!kept.includes(name)) await rm(join(directory, name), { force: true })
}

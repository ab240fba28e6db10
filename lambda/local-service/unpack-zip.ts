/** unpackZip: a function's deployment package, as files in a directory. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import { DunlinError } from '../../src/worker.ts'

/** @throws CONFIGURATION where the bytes are no zip file, or a name in it leads out of the directory */
export async function unpackZip(zip: Uint8Array, directory: string): Promise<void> {
  let files: Readonly<Record<string, Uint8Array>>
  try {
    files = unzipSync(zip)
  } catch (error) {
    throw new DunlinError(
      'CONFIGURATION',
      `the function's package is no zip file: ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  }
  for (const [name, bytes] of Object.entries(files)) {
    if (name.endsWith('/')) continue
    if (name.startsWith('/') || name.split(/[/\\]/).includes('..')) {
      throw new DunlinError('CONFIGURATION', `the function's package has a file outside of itself: ${name}`)
    }
    const path = join(directory, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
  }
}

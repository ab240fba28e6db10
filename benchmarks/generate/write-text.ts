/** Writes Zipf text to a file, a piece at a time. */
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type ZipfTextOptions, zipfText } from './zipf-text.ts'

/** Writes the text and says how many bytes it has. */
export async function writeText(file: string, options: ZipfTextOptions): Promise<number> {
  await mkdir(dirname(file), { recursive: true })
  const handle = await open(file, 'w')
  let sizeBytes = 0
  try {
    for (const piece of zipfText(options)) {
      await handle.writeFile(piece)
      sizeBytes += piece.length
    }
  } finally {
    await handle.close()
  }
  return sizeBytes
}

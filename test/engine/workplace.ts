/** A temporary directory with an engine in it, for tests that run whole jobs. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Engine, type LocalOptions, local } from 'dunlin'

export interface Workplace {
  readonly directory: string
  path(...names: string[]): string
  write(name: string, content: string | Uint8Array): Promise<string>
  /** A local engine whose store is in this directory; closed with it. */
  engine(options?: LocalOptions): Engine
  /** The parts of an output, joined in the order of their names. */
  output(name: string): Promise<string>
  /** The names below a directory, sorted; none where it does not exist. */
  names(name: string): Promise<string[]>
  close(): Promise<void>
}

export async function workplace(): Promise<Workplace> {
  const directory = await mkdtemp(join(tmpdir(), 'dunlin-test-'))
  const engines: Engine[] = []
  const path = (...names: string[]): string => join(directory, ...names)
  return {
    directory,
    path,
    async write(name, content) {
      await mkdir(dirname(path(name)), { recursive: true })
      await writeFile(path(name), content)
      return path(name)
    },
    engine(options = {}) {
      const engine = local({ directory: path('.dunlin'), base: directory, workers: 2, ...options })
      engines.push(engine)
      return engine
    },
    async output(name) {
      const parts = (await readdir(path(name))).filter(part => !part.startsWith('_')).sort()
      return (await Promise.all(parts.map(part => readFile(path(name, part), 'utf8')))).join('')
    },
    async names(name) {
      return (await readdir(path(name)).catch(() => [])).sort()
    },
    async close() {
      await Promise.all(engines.map(engine => engine.close()))
      await rm(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

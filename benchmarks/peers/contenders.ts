/** Who takes part in the word count: a command each, from the same file to CSV. */
import { fileURLToPath } from 'node:url'

export interface Contender {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** A CSV file, or a directory of parts. */
  readonly output: string
}

export interface Task {
  readonly input: string
  /** Directory for outputs; a contender's name is added. */
  readonly directory: string
  /** Workers or threads of each. */
  readonly threads: number
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export function contenders({ input, directory, threads }: Task): Contender[] {
  const node = process.execPath
  const dunlin = (name: string, options: readonly string[]): Contender => {
    const output = `${directory}/${name}`
    const cli = here('../../dist/src/cli/dunlin.js')
    const common = ['bench', 'wordcount', '--quiet', '--overwrite', '--workers', String(threads)]
    return {
      name,
      output,
      command: [node, cli, ...common, ...options, '--input', input, '--output', output],
      env: { DUNLIN_STORE: `${directory}/store` },
    }
  }
  const duckdb = (name: string, form: string): Contender => {
    const output = `${directory}/${name}.csv`
    return {
      name,
      output,
      command: [node, here('contenders/duckdb.ts'), input, output, String(threads), form],
    }
  }
  const other = (name: string, script: string, env: Readonly<Record<string, string>>): Contender => {
    const output = `${directory}/${name}.csv`
    return { name, output, command: [node, here(script), input, output], env }
  }
  return [
    dunlin('dunlin-words', []),
    dunlin('dunlin-function', ['--user-function']),
    duckdb('duckdb', 'straight'),
    duckdb('duckdb-blanks-first', 'blanks'),
    other('polars', 'contenders/polars.mjs', { POLARS_MAX_THREADS: String(threads) }),
    other('naive-node', '../independent/word-count.ts', {}),
  ]
}

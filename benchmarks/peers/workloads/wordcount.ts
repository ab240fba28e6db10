/** Word count: from a text to CSV. */
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { writeText } from '../../generate/write-text.ts'
import { compareCounts, readCounts } from '../../independent/compare-counts.ts'
import type { Contender, Workload, WorkloadOptions } from './workload.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export function wordCountWorkload({ data, directory, sizeBytes, threads }: WorkloadOptions): Workload {
  const input = `${data}/peers-${sizeBytes}.txt`
  return {
    title: `Word count of ${sizeBytes} bytes, file to CSV`,
    input,
    base: 'duckdb',
    contenders: contenders({ input, directory, threads }),
    async prepare() {
      if (existsSync(input) && statSync(input).size >= sizeBytes) return
      console.error(`writing ${input}`)
      await writeText(input, { seed: 1, sizeBytes })
    },
    async check(contenders) {
      const [first, ...others] = contenders.map(one => ({ one, counts: readCounts(one.output) }))
      const differences = others.flatMap(({ one, counts }) =>
        compareCounts(first!.counts, counts).differences.map(
          difference => `${first!.one.name} and ${one.name}: ${difference}`,
        ),
      )
      return { text: `${first!.counts.size} distinct words`, differences }
    },
  }
}

function contenders({
  input,
  directory,
  threads,
}: {
  readonly input: string
  readonly directory: string
  readonly threads: number
}): Contender[] {
  const node = process.execPath
  const dunlin = (name: string, options: readonly string[]): Contender => {
    const output = `${directory}/${name}`
    const cli = here('../../../dist/src/cli/dunlin.js')
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
      command: [node, here('../contenders/duckdb.ts'), input, output, String(threads), form],
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
    other('polars', '../contenders/polars.mjs', { POLARS_MAX_THREADS: String(threads) }),
    other('naive-node', '../../independent/word-count.ts', {}),
  ]
}

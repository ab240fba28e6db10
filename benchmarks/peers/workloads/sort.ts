/** Sort: records of 100 bytes (lines of printable characters) by their first 10, from file to file. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { checkSortedLines } from '../../independent/check-sorted-lines.ts'
import type { Contender, Workload, WorkloadOptions } from './workload.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const CLI = here('../../../dist/src/cli/dunlin.js')
const RECORD_BYTES = 100

export function sortWorkload(
  { data, directory, sizeBytes, threads }: WorkloadOptions,
  distribution: 'uniform' | 'skewed',
): Workload {
  const records = Math.round(sizeBytes / RECORD_BYTES)
  const input = `${data}/sort-${distribution}-${records}.txt`
  return {
    title: `Sort of ${records} records of 100 bytes with ${distribution} keys of 10, file to file`,
    input,
    base: 'duckdb',
    contenders: contenders({ input, directory, threads }),
    async prepare() {
      if (existsSync(input)) return
      console.error(`writing ${input}`)
      const args = ['gensort', '--ascii', '--records', String(records), '--distribution', distribution]
      const result = spawnSync(process.execPath, [CLI, ...args, '--output', input], {
        stdio: ['ignore', 2, 2],
      })
      if (result.status !== 0) throw new Error('dunlin gensort failed')
    },
    async check(contenders) {
      const wanted = await checkSortedLines(input, { ordered: false })
      const differences: string[] = []
      for (const one of contenders) {
        const found = await checkSortedLines(one.output, { ordered: true })
        if (found.disorder !== null) differences.push(`${one.name}: ${found.disorder}`)
        if (found.records !== wanted.records || found.checksum !== wanted.checksum) {
          differences.push(
            `${one.name}: ${found.records} records with checksum ${found.checksum}, not ${wanted.records} with ${wanted.checksum}`,
          )
        }
      }
      return { text: `${wanted.records} records, checksum ${wanted.checksum}`, differences }
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
    const common = ['bench', 'sort', '--quiet', '--overwrite', '--workers', String(threads)]
    return {
      name,
      output,
      command: [node, CLI, ...common, ...options, '--input', input, '--output', output],
      env: { DUNLIN_STORE: `${directory}/store` },
    }
  }
  const file = (name: string): string => `${directory}/${name}.txt`
  const sort = ['sort', `--parallel=${threads}`, '-S', '4G', '-o', file('gnu-sort'), input]
  return [
    dunlin('dunlin', []),
    {
      name: 'duckdb',
      output: file('duckdb'),
      command: [node, here('../contenders/duckdb-sort.ts'), input, file('duckdb'), String(threads)],
    },
    {
      name: 'gnu-sort',
      output: file('gnu-sort'),
      command: sort as [string, ...string[]],
      env: { LC_ALL: 'C' },
    },
    {
      name: 'polars',
      output: file('polars'),
      command: [node, here('../contenders/polars-sort.mjs'), input, file('polars')],
      env: { POLARS_MAX_THREADS: String(threads) },
    },
  ]
}

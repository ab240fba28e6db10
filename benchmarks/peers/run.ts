/**
 * Command: a workload by dunlin and its peers, interleaved rounds, medians, answers compared.
 * `npm run bench:peers -- --workload wordcount|sort|sort-skewed --bytes 6e8 --rounds 5`
 */
import { spawnSync } from 'node:child_process'
import { createReadStream, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machineText } from '../machine-text.ts'
import { markdownTable } from '../markdown-table.ts'
import { type Measurement, measure } from './measure.ts'
import { sortWorkload } from './workloads/sort.ts'
import { wordCountWorkload } from './workloads/wordcount.ts'
import type { Contender, Workload, WorkloadOptions } from './workloads/workload.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const DATA = here('../data')

const { values } = parseArgs({
  options: {
    workload: { type: 'string', default: 'wordcount' },
    bytes: { type: 'string', default: '3e8' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', multiple: true },
  },
})
const sizeBytes = Number(values.bytes)
const rounds = Number(values.rounds)
const threads = Number(values.threads)

install()
const directory = `${DATA}/peers-out`
mkdirSync(directory, { recursive: true })
const WORKLOADS: Readonly<Record<string, (options: WorkloadOptions) => Workload>> = {
  wordcount: wordCountWorkload,
  sort: options => sortWorkload(options, 'uniform'),
  'sort-skewed': options => sortWorkload(options, 'skewed'),
}
const make = WORKLOADS[values.workload]
if (make === undefined) throw new Error(`--workload: there are ${Object.keys(WORKLOADS).join(', ')}`)
const workload = make({ data: DATA, directory, sizeBytes, threads })
const all = workload.contenders
await workload.prepare()
const taking = values.only === undefined ? all : all.filter(one => values.only!.includes(one.name))
if (taking.length === 0) throw new Error(`--only: the contenders are ${all.map(one => one.name).join(', ')}`)

const measured = new Map<Contender, Measurement[]>(taking.map(one => [one, []]))
// Everybody reads from the page cache, the first one too.
for await (const piece of createReadStream(workload.input)) void piece
for (let round = 0; round < rounds; round++) {
  // Each round starts with another one: nobody always runs after the same neighbour.
  for (let i = 0; i < taking.length; i++) {
    const one = taking[(i + round) % taking.length]!
    rmSync(one.output, { recursive: true, force: true })
    const result = await measure(one.command, one.env)
    measured.get(one)!.push(result)
    console.error(`round ${round + 1}/${rounds} ${one.name}: ${(result.wallMs / 1000).toFixed(2)} s`)
  }
}

const { text: answer, differences } = await workload.check(taking)
if (differences.length > 0) console.error(`the answers differ:\n  ${differences.join('\n  ')}`)

const text = reportText()
console.log(text)
writeFileSync(`${DATA}/peers-${values.workload}.md`, `${text}\n`)
console.error(`written to ${DATA}/peers-${values.workload}.md`)
process.exitCode = differences.length === 0 ? 0 : 1

/** Installs the peers that are not dunlin's own dependencies, once; needs the build of dunlin. */
function install(): void {
  if (!existsSync(here('../../dist/src/cli/dunlin.js'))) throw new Error('build dunlin first: npm run build')
  if (existsSync(here('node_modules/nodejs-polars'))) return
  console.error('installing the peers in benchmarks/peers')
  const result = spawnSync('npm', ['install', '--no-audit', '--no-fund'], {
    cwd: here('.'),
    stdio: ['ignore', 2, 2],
  })
  if (result.status !== 0) throw new Error('npm install failed in benchmarks/peers')
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function reportText(): string {
  const of = (one: Contender, pick: (m: Measurement) => number) => median(measured.get(one)!.map(pick))
  const base = taking.find(one => one.name === workload.base) ?? taking[0]!
  const baseWall = of(base, m => m.wallMs)
  const table = markdownTable(
    ['contender', 'wall s', 'MB/s', 'CPU s', 'peak MB', `speed ÷ ${base.name}`, 'slowest ÷ fastest round'],
    taking.map(one => {
      const wall = of(one, m => m.wallMs)
      const walls = measured.get(one)!.map(m => m.wallMs)
      const peak = of(one, m => m.peakBytes ?? Number.NaN)
      return [
        one.name,
        (wall / 1000).toFixed(2),
        (sizeBytes / 1000 / wall).toFixed(0),
        of(one, m => m.cpuSeconds).toFixed(2),
        Number.isNaN(peak) ? '?' : (peak / 1e6).toFixed(0),
        (baseWall / wall).toFixed(2),
        (Math.max(...walls) / Math.min(...walls)).toFixed(2),
      ]
    }),
  )
  const checked = `${answer}; answers ${differences.length === 0 ? 'equal' : 'DIFFER'}`
  return `${machineText()}\n\n${workload.title}, ${threads} threads or workers, medians of ${rounds} interleaved rounds; ${checked}.\n\n${table}`
}

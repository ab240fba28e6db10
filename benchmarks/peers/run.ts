/**
 * Command: word count by dunlin and its peers, interleaved rounds, medians, answers compared.
 * `npm run bench:peers -- --bytes 6e8 --rounds 5`
 */
import { spawnSync } from 'node:child_process'
import { createReadStream, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeText } from '../generate/write-text.ts'
import { compareCounts, readCounts } from '../independent/compare-counts.ts'
import { machineText } from '../machine-text.ts'
import { markdownTable } from '../markdown-table.ts'
import { type Contender, contenders } from './contenders.ts'
import { type Measurement, measure } from './measure.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const DATA = here('../data')

const { values } = parseArgs({
  options: {
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
const input = `${DATA}/peers-${sizeBytes}.txt`
if (!existsSync(input) || statSync(input).size < sizeBytes) {
  console.error(`writing ${input}`)
  await writeText(input, { seed: 1, sizeBytes })
}
const directory = `${DATA}/peers-out`
mkdirSync(directory, { recursive: true })
const all = contenders({ input, directory, threads })
const taking = values.only === undefined ? all : all.filter(one => values.only!.includes(one.name))
if (taking.length === 0) throw new Error(`--only: the contenders are ${all.map(one => one.name).join(', ')}`)

const measured = new Map<Contender, Measurement[]>(taking.map(one => [one, []]))
// Everybody reads from the page cache, the first one too.
for await (const piece of createReadStream(input)) void piece
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

const answers = taking.map(one => ({ one, counts: readCounts(one.output) }))
const [first, ...others] = answers
let equal = true
for (const other of others) {
  const { differences } = compareCounts(first!.counts, other.counts)
  if (differences.length === 0) continue
  equal = false
  console.error(`${first!.one.name} and ${other.one.name} differ:\n  ${differences.join('\n  ')}`)
}

const text = reportText()
console.log(text)
writeFileSync(`${DATA}/peers.md`, `${text}\n`)
console.error(`written to ${DATA}/peers.md`)
process.exitCode = equal ? 0 : 1

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
  const base = taking.find(one => one.name === 'duckdb') ?? taking[0]!
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
  const answer = `${first!.counts.size} distinct words; answers ${equal ? 'equal' : 'DIFFER'}`
  return `${machineText()}\n\nWord count of ${sizeBytes} bytes, file to CSV, ${threads} threads or workers, medians of ${rounds} interleaved rounds; ${answer}.\n\n${table}`
}

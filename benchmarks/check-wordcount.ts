/**
 * Command: word count of a generated text with 1, 2 and 5 workers, threads and processes: equal bytes each time, and
 * the counts that independent programs give. `npm run check:wordcount -- --bytes 1e9`
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { local } from 'dunlin'
import { writeText } from './generate/write-text.ts'
import { compareCounts, readCounts } from './independent/compare-counts.ts'
import { machineText } from './machine-text.ts'
import { markdownTable } from './markdown-table.ts'
import { type WordCountOptions, wordCountOutput } from './wordcount.ts'

const WORKERS = [1, 2, 5]
const ISOLATIONS = ['thread', 'process'] as const

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '1e9' },
    'non-ascii': { type: 'string', default: '0.05' },
    by: { type: 'string', multiple: true, default: ['words', 'function'] },
    directory: { type: 'string', default: fileURLToPath(new URL('data', import.meta.url)) },
  },
})
const sizeBytes = Number(values.bytes)
const forms = values.by.map(by => {
  if (by !== 'words' && by !== 'function') throw new Error(`--by is words or function, not ${by}`)
  return by
})
mkdirSync(values.directory, { recursive: true })
const input = join(values.directory, `check-${sizeBytes}-${values['non-ascii']}.txt`)
const output = join(values.directory, 'check-out')
const store = join(values.directory, 'check-store')

if (!existsSync(input) || statSync(input).size < sizeBytes) {
  console.error(`writing ${input}`)
  await writeText(input, { seed: 2, sizeBytes, nonAscii: Number(values['non-ascii']), lineEnds: 'mixed' })
}
const expected = await independentCounts()

const rows: string[][] = []
const digests = new Set<string>()
let right = true
for (const by of forms) {
  for (const isolation of ISOLATIONS) for (const workers of WORKERS) await check(by, isolation, workers)
}
rmSync(store, { recursive: true, force: true })

console.log(`${machineText()}\n\nWord count of ${statSync(input).size} bytes.\n`)
console.log(
  markdownTable(['by', 'isolation', 'workers', 's', 'MB/s', 'SHA-256 of the parts', 'counts'], rows),
)
const equal = digests.size === 1
console.log(
  `\nBytes ${equal ? 'equal' : 'DIFFER'}; counts ${right ? 'equal' : 'DIFFER'}; ${expected.size} distinct words.`,
)
process.exitCode = equal && right ? 0 : 1

async function check(
  by: WordCountOptions['by'],
  isolation: 'thread' | 'process',
  workers: number,
): Promise<void> {
  rmSync(output, { recursive: true, force: true })
  const engine = local({ workers, isolation, directory: store })
  const report = await wordCountOutput(input, output, { by }).run({ engine, name: 'check-wordcount' })
  await engine.close()
  const digest = digestOf(output)
  digests.add(digest)
  const { equal, differences } = compareCounts(readCounts(output), expected)
  if (!equal) {
    right = false
    console.error(`${by}, ${workers} ${isolation}:\n  ${differences.join('\n  ')}`)
  }
  const seconds = report.wallMs / 1000
  const rate = (sizeBytes / 1e6 / seconds).toFixed(0)
  rows.push([
    by,
    isolation,
    String(workers),
    seconds.toFixed(1),
    rate,
    digest.slice(0, 16),
    equal ? 'equal' : 'DIFFER',
  ])
  console.error(`${by}, ${workers} × ${isolation}: ${seconds.toFixed(1)} s`)
}

/** Names and bytes of all parts, in order. */
function digestOf(directory: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(directory).sort()) {
    if (name.startsWith('part-')) hash.update(name).update(readFileSync(join(directory, name)))
  }
  return hash.digest('hex')
}

/** By Node and, where it is installed, by Python; they have to agree with each other first. */
async function independentCounts(): Promise<Map<string, number>> {
  const script = (name: string) => fileURLToPath(new URL(`independent/${name}`, import.meta.url))
  const files = {
    node: join(values.directory, 'check-node.csv'),
    python: join(values.directory, 'check-python.csv'),
  }
  const python = spawnSync('python3', ['--version']).status === 0
  console.error(`counting with Node's readline${python ? ' and with Python' : '; python3 is not installed'}`)
  await Promise.all([
    command(process.execPath, script('word-count.ts'), input, files.node),
    ...(python ? [command('python3', script('word_count.py'), input, files.python)] : []),
  ])
  const counts = readCounts(files.node)
  if (!python) return counts
  const { differences } = compareCounts(counts, readCounts(files.python))
  if (differences.length > 0)
    throw new Error(`Node and Python count differently:\n  ${differences.join('\n  ')}`)
  return counts
}

function command(program: string, ...args: string[]): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', fail)
    child.on('close', status => (status === 0 ? done() : fail(new Error(`${program} ended with ${status}`))))
  })
}

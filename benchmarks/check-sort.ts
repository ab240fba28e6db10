/**
 * Command: sorts generated records of every distribution of keys, with the default memory and with little of it, by
 * threads and processes: in order, with the checksum of the input, and equal bytes each time.
 * `npm run check:sort -- --records 1e7`
 */
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { local } from 'dunlin'
import { machineText } from './machine-text.ts'
import { markdownTable } from './markdown-table.ts'
import { checkFiles } from './sort/check-files.ts'
import { DISTRIBUTIONS, type Distribution } from './sort/distributed-keys.ts'
import { RECORD_BYTES } from './sort/record-layout.ts'
import { sortOutput } from './sort/sort-records.ts'
import { recordsOutput } from './sort/write-records.ts'

interface Configuration {
  readonly isolation: 'thread' | 'process'
  readonly workers: number
  readonly memoryMb: number
}

const DEFAULT_MB = 256
const CONFIGURATIONS: readonly Configuration[] = [
  { isolation: 'thread', workers: 2, memoryMb: DEFAULT_MB },
  { isolation: 'process', workers: 5, memoryMb: DEFAULT_MB },
  { isolation: 'process', workers: 2, memoryMb: 64 },
  { isolation: 'process', workers: 1, memoryMb: 16 },
]

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1e7' },
    distribution: { type: 'string', multiple: true, default: [...DISTRIBUTIONS] },
    /** Only the configuration of this number. */
    only: { type: 'string' },
    directory: { type: 'string', default: fileURLToPath(new URL('data', import.meta.url)) },
  },
})
const records = Number(values.records)
const configurations = values.only === undefined ? CONFIGURATIONS : [CONFIGURATIONS[Number(values.only)]!]
const input = join(values.directory, 'check-sort-in')
const output = join(values.directory, 'check-sort-out')
const store = join(values.directory, 'check-sort-store')
mkdirSync(values.directory, { recursive: true })

const rows: string[][] = []
let right = true
for (const distribution of values.distribution) await checkDistribution(distribution as Distribution)
for (const directory of [input, output, store]) rmSync(directory, { recursive: true, force: true })

console.log(`${machineText()}\n\nSorts of ${records} records of ${RECORD_BYTES} bytes.\n`)
console.log(
  markdownTable(
    [
      ...['keys', 'isolation', 'workers', 'memoryMb', 's', 'MB/s', 'spilled MB', 'peak MB of a worker'],
      ...['largest part ÷ mean', 'SHA-256 of the parts', 'valsort'],
    ],
    rows,
  ),
)
console.log(`\n${right ? 'All in order, with equal checksums and equal bytes.' : 'WRONG: see above.'}`)
process.exitCode = right ? 0 : 1

async function checkDistribution(distribution: Distribution): Promise<void> {
  const maker = local({ directory: store })
  rmSync(input, { recursive: true, force: true })
  await recordsOutput(input, { records, distribution }).run({ engine: maker, name: 'gensort' })
  await maker.close()
  const made = await checkFiles([input])
  const digests = new Set<string>()
  for (const configuration of configurations) {
    const { isolation, workers, memoryMb } = configuration
    rmSync(output, { recursive: true, force: true })
    const engine = local({ workers, isolation, directory: store })
    const report = await sortOutput(input, output, { memoryMb }).run({ engine, name: 'sort' })
    await engine.close()
    const sorted = await checkFiles([output])
    const wrong = [
      sorted.unordered > 0 ? 'NOT IN ORDER' : '',
      sorted.records === made.records && sorted.checksum === made.checksum ? '' : 'OTHER RECORDS',
      // Stable: where no record has to move, none does.
      made.unordered > 0 || (await contentDigest(input)) === (await contentDigest(output))
        ? ''
        : 'NOT STABLE',
    ].filter(Boolean)
    const { digest, balance } = await partsOf(output)
    digests.add(digest)
    if (digests.size > 1) wrong.push('OTHER BYTES')
    if (wrong.length > 0) right = false
    const seconds = report.wallMs / 1000
    rows.push([
      ...[distribution, isolation, String(workers), String(memoryMb), seconds.toFixed(1)],
      ((records * RECORD_BYTES) / 1e6 / seconds).toFixed(0),
      (report.bytesSpilled / 1e6).toFixed(0),
      // Threads share one process, this one, which is no worker's own.
      isolation === 'thread' ? '–' : (report.peakMemoryBytes / 1e6).toFixed(0),
      balance.toFixed(2),
      digest.slice(0, 16),
      wrong.length === 0 ? 'right' : wrong.join(', '),
    ])
    console.error(`${distribution}, ${workers} × ${isolation}, ${memoryMb} MB: ${seconds.toFixed(1)} s`)
  }
}

/** SHA-256 of names and bytes of all parts, and how much larger the largest is than the mean. */
async function partsOf(directory: string): Promise<{ readonly digest: string; readonly balance: number }> {
  const hash = createHash('sha256')
  const names = partNames(directory)
  const sizes = names.map(name => statSync(join(directory, name)).size)
  for (const name of names) {
    hash.update(name)
    for await (const piece of createReadStream(join(directory, name))) hash.update(piece as Uint8Array)
  }
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
  return { digest: hash.digest('hex'), balance: Math.max(...sizes) / mean }
}

/** Of the bytes alone, wherever parts end. */
async function contentDigest(directory: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of partNames(directory)) {
    for await (const piece of createReadStream(join(directory, name))) hash.update(piece as Uint8Array)
  }
  return hash.digest('hex')
}

function partNames(directory: string): string[] {
  return readdirSync(directory)
    .filter(name => name.startsWith('part-'))
    .sort()
}

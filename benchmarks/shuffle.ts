/**
 * Command: two shuffles that would drown a driver through which data or their index flowed: one of many bytes, one of
 * 1,000 × 1,000 tiny slices. `npm run bench:shuffle -- --bytes 1e9 --bound 256`
 */
import { mkdirSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Engine, type JobReport, local, range, read } from 'dunlin'
import { writeText } from './generate/write-text.ts'
import { machineText } from './machine-text.ts'
import { markdownTable } from './markdown-table.ts'
import { watchMemory } from './resident-memory.ts'

/** Characters of a record of the large shuffle; all records differ. */
const RECORD_BYTES = 100
/** Bytes of text that a task of the slice shuffle reads. */
const TINY_SPLIT_BYTES = 20_000

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '1e9' },
    side: { type: 'string', default: '1000' },
    workers: { type: 'string', default: '2' },
    /** MB that the driver may grow by. */
    bound: { type: 'string', default: '256' },
    directory: { type: 'string', default: fileURLToPath(new URL('data', import.meta.url)) },
  },
})
const bytes = Number(values.bytes)
const side = Number(values.side)
const bound = Number(values.bound) * 1e6
const store = join(values.directory, 'shuffle-store')
mkdirSync(values.directory, { recursive: true })

const engine = local({ workers: Number(values.workers), isolation: 'process', directory: store })
const text = join(values.directory, `slices-${side}.txt`)
await writeText(text, { seed: 3, sizeBytes: side * TINY_SPLIT_BYTES })
// The first job loads what any job needs; it is not what the bound is about.
await range(1000).distinct().count({ engine })

const rows = [
  await measured(`${(bytes / 1e9).toFixed(2)} GB in ${RECORD_BYTES}-byte records`, largeShuffle()),
  await measured(`${side} × ${side} slices`, tinySlices()),
]
await engine.close()
rmSync(store, { recursive: true, force: true })

console.log(`${machineText()}\n`)
console.log(
  markdownTable(
    ['shuffle', 's', 'tasks', 'MB exchanged', 'driver RSS before, MB', 'driver RSS peak, MB', 'growth, MB'],
    rows.map(row => row.cells),
  ),
)
const within = rows.every(row => row.growth <= bound)
console.log(`\nThe driver grew by ${within ? 'less' : 'MORE'} than the bound of ${values.bound} MB.`)
process.exitCode = within ? 0 : 1

interface Shuffle {
  run(engine: Engine, output: string): Promise<JobReport>
  /** What the numbers that the job wrote add up to, found in another way. */
  sum(): Promise<number>
}

async function measured(name: string, shuffle: Shuffle) {
  console.error(name)
  const output = join(values.directory, 'shuffle-out')
  const watch = watchMemory()
  const report = await shuffle.run(engine, output)
  const { atStart, peak } = watch.stop()
  const found = await sumOfLines(output, report)
  const expected = await shuffle.sum()
  if (found !== expected) throw new Error(`${name}: the sum is ${found}, not ${expected}`)
  const exchanged = report.stages[0]!.bytesOut
  const megabytes = (number: number): string => (number / 1e6).toFixed(0)
  const seconds = (report.wallMs / 1000).toFixed(1)
  const cells = [
    name,
    seconds,
    String(report.tasks),
    ...[exchanged, atStart, peak, peak - atStart].map(megabytes),
  ]
  return { cells, growth: peak - atStart }
}

/** Distinct records, so that nothing gets smaller before the exchange; each task writes how many it was given. */
function largeShuffle(): Shuffle {
  const records = Math.ceil(bytes / RECORD_BYTES)
  return {
    run: (engine, output) =>
      range(records)
        .map(n => n.toString(36).padStart(100, '-'))
        .distinct()
        .with({ partitions: 64 })
        .mapBatches(some => [some.length], { size: 65_536 })
        .write.text(output, { mode: 'overwrite' })
        .run({ engine, name: 'large-shuffle' }),
    sum: async () => records,
  }
}

/** Each task has words for every partition, so each pair of tasks shares a slice of a few words. */
function tinySlices(): Shuffle {
  return {
    run: (engine, output) =>
      read
        .text(text, { splitBytes: TINY_SPLIT_BYTES })
        .words()
        .valueCounts()
        .with({ partitions: side })
        .map(({ count }) => count)
        .mapBatches(counts => [counts.reduce((a, b) => a + b, 0)], { size: 65_536 })
        .write.text(output, { mode: 'overwrite' })
        .run({ engine, name: 'tiny-slices' }),
    sum: async () => (await readFile(text, 'utf8')).toLowerCase().match(/\p{L}+/gu)!.length,
  }
}

async function sumOfLines(directory: string, report: JobReport): Promise<number> {
  let sum = 0
  for (let part = 0; part < report.outputs[0]!.parts; part++) {
    const lines = await readFile(join(directory, `part-${String(part).padStart(5, '0')}.txt`), 'utf8')
    for (const line of lines.split('\n')) sum += Number(line)
  }
  rmSync(directory, { recursive: true })
  return sum
}

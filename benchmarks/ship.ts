/**
 * Command: what shipping code costs: capture and bundle on the driver, import on a worker, memory of many distinct jobs.
 * Needs a build. `npm run bench:ship -- --jobs 100`
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { local, range } from 'dunlin'
import { machineText } from './machine-text.ts'
import { markdownTable } from './markdown-table.ts'

const { values } = parseArgs({ options: { jobs: { type: 'string', default: '100' } } })
const ROOT = resolve(import.meta.dirname, '..')
const PLACE = join(import.meta.dirname, 'data/ship')
const REPEATS = 5

/** Its imports, and a function of a number. */
const JOBS = {
  'no imports': ['', 'n => n * factor'],
  'lodash-es': ["import { chunk, sortBy } from 'lodash-es'", 'n => sortBy(chunk([n, factor, 1], 2)).length'],
  zod: [
    "import { z } from 'zod'\nconst schema = z.object({ n: z.number().min(0) })",
    'n => schema.parse({ n }).n',
  ],
  'apache-arrow': [
    "import { tableFromArrays } from 'apache-arrow'",
    'n => tableFromArrays({ n: Float64Array.of(n, factor) }).numRows',
  ],
} as const
const VERSIONS = { 'lodash-es': '4.17.21', zod: '4.6.7', 'apache-arrow': '21.2.0' }

const MEASURE_EXPLAIN = `
const [, , file] = process.argv
const { default: output, another } = await import(file)
const times = []
for (const one of [output, another, another]) {
  const began = performance.now()
  await one.explain()
  times.push(performance.now() - began)
}
console.log(JSON.stringify(times))`
const MEASURE_IMPORT = `
const [, , file] = process.argv
const began = performance.now()
await import(file)
const imported = performance.now()
await import(file)
console.log(JSON.stringify([imported - began, performance.now() - imported]))`

function prepare(): void {
  rmSync(PLACE, { recursive: true, force: true })
  mkdirSync(PLACE, { recursive: true })
  writeFileSync(
    join(PLACE, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: VERSIONS }),
  )
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: PLACE,
    stdio: ['ignore', 2, 2],
  })
  symlinkSync(ROOT, join(PLACE, 'node_modules/dunlin'), 'junction')
  writeFileSync(join(PLACE, 'explain.mjs'), MEASURE_EXPLAIN)
  writeFileSync(join(PLACE, 'import.mjs'), MEASURE_IMPORT)
}

/** The medians, in milliseconds, of what a script prints in a fresh process each. */
function medians(script: string, file: string): number[] {
  const runs = Array.from({ length: REPEATS }, () => {
    const text = execFileSync(process.execPath, [join(PLACE, script), file], { cwd: PLACE, encoding: 'utf8' })
    return JSON.parse(text) as number[]
  })
  return runs[0]!.map((_, i) => runs.map(run => run[i]!).sort((a, b) => a - b)[REPEATS >> 1]!)
}

function measured(name: string, [imports, fn]: readonly [string, string]): string[] {
  const id = name.replace(/\W/g, '-')
  const file = join(PLACE, `${id}.mjs`)
  writeFileSync(
    file,
    `import { range } from 'dunlin'\n${imports}\nconst factor = 3\nexport default range(9).map(${fn}).write.jsonl('out/')\nexport const another = range(9).map(n => (${fn})(n) + 1).write.jsonl('out/')\n`,
  )
  const [first, second, third] = medians('explain.mjs', file)
  const cli = join(ROOT, 'dist/src/cli/dunlin.js')
  const built = join(PLACE, id)
  execFileSync(process.execPath, [cli, 'build', file, '-o', built, '--quiet'], {
    cwd: PLACE,
    stdio: 'ignore',
  })
  const module = join(built, readdirSync(built).find(one => one.endsWith('.mjs'))!)
  const [cold, warm] = medians('import.mjs', module)
  const size = execFileSync('wc', ['-c', module], { encoding: 'utf8' }).trim().split(' ')[0]!
  return [
    name,
    (Number(size) / 1e3).toFixed(1),
    ...[first!, second!, third!, cold!].map(ms => ms.toFixed(0)),
    warm!.toFixed(2),
  ]
}

/** What the driver holds on to, in bytes: after all that can be collected has been. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

/** Distinct jobs on one worker process at a time; what it says of itself. */
async function manyJobs(count: number): Promise<string[][]> {
  const engine = local({ workers: 1, isolation: 'process', directory: join(PLACE, 'store') })
  const rows: string[][] = []
  const workers = new Set<number>()
  let most = 0
  for (let job = 1; job <= count; job++) {
    const padding = `job ${job} `.repeat(150_000)
    const [seen] = await range(1)
      .map(n => ({ n, length: padding.length, rss: process.memoryUsage().rss, pid: process.pid }))
      .collect({ engine })
    if (seen === undefined) throw new Error('no row')
    workers.add(seen.pid)
    most = Math.max(most, seen.rss)
    if ([1, 10, 20, 40, 60, 80, 100].includes(job) || job === count) {
      rows.push([
        String(job),
        (seen.rss / 1e6).toFixed(0),
        (most / 1e6).toFixed(0),
        String(workers.size),
        (process.memoryUsage().rss / 1e6).toFixed(0),
        (liveBytes() / 1e6).toFixed(1),
      ])
    }
  }
  await engine.close()
  return rows
}

prepare()
console.log(
  `${machineText()}\n\nA driver in a fresh process, medians of ${REPEATS}; explain lists, captures, bundles and plans.\n`,
)
console.log(
  markdownTable(
    [
      'job',
      'module kB',
      'first explain ms',
      'another job ms',
      'the same again ms',
      'import cold ms',
      'import warm ms',
    ],
    Object.entries(JOBS).map(([name, job]) => measured(name, job)),
  ),
)
console.log(`\nDistinct jobs, each with 1.2 MB of captured text, on one engine with one worker process.\n`)
console.log(
  markdownTable(
    ['jobs', 'worker RSS MB', 'its peak so far MB', 'workers so far', 'driver RSS MB', 'its live heap MB'],
    await manyJobs(Number(values.jobs)),
  ),
)
rmSync(PLACE, { recursive: true, force: true })

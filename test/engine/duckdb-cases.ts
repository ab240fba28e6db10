/** Command: random queries by dunlin and by DuckDB. `duckdb-cases.ts [--cases 10000] [--seed 1] [--first 0]` */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { local } from 'dunlin'
import { caseOf, difference, duckdbRows, dunlinRows } from './duckdb-oracle.ts'

/** More differences than this say nothing new. */
const MAX_SHOWN = 20

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
  },
})
const [cases, seed, first] = [Number(values.cases), Number(values.seed), Number(values.first)]
const directory = await mkdtemp(join(tmpdir(), 'dunlin-duckdb-'))
const engine = local({ directory, isolation: 'inline' })
const database = await DuckDBInstance.create(':memory:', { threads: '1' })
const connection = await database.connect()

const started = performance.now()
let failed = 0
for (let i = first; i < first + cases && failed < MAX_SHOWN; i++) {
  const one = caseOf(seed, i)
  const expected = await duckdbRows(one, connection)
  const found = await dunlinRows(one, engine).then(
    rows => difference(one, expected, rows),
    (error: unknown) => String(error),
  )
  if (found !== null) {
    failed++
    console.log(`case ${i} (--seed ${seed} --first ${i} --cases 1): ${found}\n`)
  }
  if ((i + 1 - first) % 1000 === 0) console.error(`${i + 1 - first} cases`)
}
const seconds = Math.round((performance.now() - started) / 1000)
console.log(`${cases} random queries of seed ${seed} by dunlin and DuckDB: ${failed} differ; ${seconds} s`)

connection.closeSync()
await engine.close()
await rm(directory, { recursive: true, force: true })
process.exit(failed === 0 ? 0 : 1)

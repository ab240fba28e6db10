/** `npm run kills`: many real kills and stops of drivers and workers; prints how many hit which phase, and what failed. */
import { parseArgs } from 'node:util'
import { type CaseResult, type CaseToRun, runCases, type Strike } from './run-cases.ts'

const USAGE = `npm run kills -- --driver N --worker N --stop N [--seed S]   N drivers killed, N workers killed, N of both
                                                           stopped; the seed (default: the time) draws the moments
npm run kills -- --only "driver killed:17" --seed S        one case again`

const { values } = parseArgs({
  options: {
    driver: { type: 'string', default: '0' },
    worker: { type: 'string', default: '0' },
    stop: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    only: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
})

const print = (text: string): void => void process.stdout.write(`${text}\n`)

const numbered = (strike: Strike, count: number): CaseToRun[] =>
  Array.from({ length: count }, (_, number) => ({ strike, number }))

function named(text: string): CaseToRun {
  const [strike, number] = text.split(':')
  return { strike: strike as Strike, number: Number(number) }
}

/** One of each kind after another, so that a run that is cut short has seen all. */
function mixed(lists: readonly (readonly CaseToRun[])[]): CaseToRun[] {
  const longest = Math.max(...lists.map(list => list.length))
  return Array.from({ length: longest }, (_, i) => lists.flatMap(list => list.slice(i, i + 1))).flat()
}

function tally(results: readonly CaseResult[]): void {
  const counts = new Map<string, number>()
  for (const { strike, phases } of results) {
    for (const phase of phases)
      counts.set(`${strike}, ${phase}`, (counts.get(`${strike}, ${phase}`) ?? 0) + 1)
  }
  for (const [what, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    print(`${String(count).padStart(6)}  ${what}`)
}

if (values.help) {
  print(USAGE)
} else {
  const seed = Number(values.seed)
  const stops = Number(values.stop)
  const cases =
    values.only?.map(named) ??
    mixed([
      numbered('driver killed', Number(values.driver)),
      numbered('worker killed', Number(values.worker)),
      numbered('driver stopped', Math.ceil(stops / 2)),
      numbered('worker stopped', Math.floor(stops / 2)),
    ])
  const before = performance.now()
  let done = 0
  const results = await runCases(cases, seed, ({ strike, number, name, phases, findings }) => {
    done++
    const what = `${strike}:${number} (${name}, ${phases.join(', ')})`
    if (findings.length > 0) for (const finding of findings) print(`FINDING ${what}: ${finding}`)
    else if (values.only !== undefined || done % 25 === 0) print(`${done} of ${cases.length}; ${what}`)
  })
  tally(results)
  const failed = results.filter(({ findings }) => findings.length > 0).length
  const seconds = Math.round((performance.now() - before) / 1000)
  print(`${results.length} cases of seed ${seed} in ${seconds} s, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

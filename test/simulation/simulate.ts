/** `npm run simulate`: many seeds in several processes, or one seed with all that happened in it. */
import { fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { runOne, runRange, type SeedRange } from './run-range.ts'
import { emptyStrikeTally, tallyStrikes } from './strike-everywhere.ts'
import { addTally, emptyTally, type Tally, tallyText } from './tally.ts'
import { workloadNames } from './workloads/workloads.ts'

const USAGE = `npm run simulate -- --seeds N [--from S] [--workers W]   seeds S … S+N-1 (defaults 2,000, 1 and 2)
npm run simulate -- --seed S                              one seed, with its event log
npm run simulate -- --seeds N --hash                      the hash of each seed's event log
npm run simulate -- --strikes [--workload NAME] [--seeds N]
                                                          drivers and workers killed, and drivers paused, before and
                                                          after each of their requests, for one workload or all, with
                                                          each of N seeds (default 1)`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string' },
    strikes: { type: 'boolean', default: false },
    workload: { type: 'string' },
    hash: { type: 'boolean', default: false },
    /** A process that was forked: it sends its tally. */
    child: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const print = (text: string): void => void process.stdout.write(`${text}\n`)

async function showSeed(seed: number): Promise<boolean> {
  const { workload, ended, findings, world } = await runOne(seed)
  for (const line of world.log.lines) print(line)
  print(`seed ${seed}: ${workload}, ${ended}, event log ${world.log.hash}`)
  print(`faults of the seed: ${JSON.stringify(world.faults.rates)}`)
  for (const finding of findings) print(`FINDING ${finding}`)
  return findings.length === 0
}

function forked(range: SeedRange): Promise<Tally> {
  const args = ['--child', '--from', String(range.from), '--seeds', String(range.seeds)]
  const child = fork(import.meta.filename, args, { execArgv: process.execArgv })
  return new Promise((resolve, reject) => {
    let tally: Tally | null = null
    child.on('message', message => {
      tally = message as Tally
    })
    child.on('exit', code => {
      if (tally !== null) resolve(tally)
      else reject(new Error(`seeds from ${range.from} on: the process ended with ${code}`))
    })
  })
}

async function showRange(range: SeedRange, workers: number): Promise<boolean> {
  const each = Math.ceil(range.seeds / workers)
  const ranges = Array.from({ length: workers }, (_, i) => ({
    from: range.from + i * each,
    seeds: Math.max(0, Math.min(each, range.seeds - i * each)),
  }))
  const sum = emptyTally()
  for (const tally of await Promise.all(ranges.filter(({ seeds }) => seeds > 0).map(forked)))
    addTally(sum, tally)
  print(tallyText(sum))
  return sum.failing.length === 0
}

const STRIKES = [
  { who: 'driver', how: 'killed' },
  { who: 'driver', how: 'paused' },
  { who: 'worker', how: 'killed' },
] as const

async function showStrikes(workloads: readonly string[], { from, seeds }: SeedRange): Promise<boolean> {
  let failing = 0
  for (const workload of workloads) {
    for (const strike of STRIKES) {
      const tally = emptyStrikeTally()
      for (let seed = from; seed < from + seeds; seed++)
        await tallyStrikes({ workload, ...strike, seed }, tally)
      print(`${workload}, ${strike.who} ${strike.how}: ${tally.runs} points, ${JSON.stringify(tally.ended)}`)
      for (const line of tally.failing) print(`FAILING ${line}`)
      failing += tally.failing.length
    }
  }
  return failing === 0
}

const range: SeedRange = {
  from: Number(values.from),
  seeds: Number(values.seeds ?? (values.strikes ? 1 : 2000)),
}
if (values.help) {
  print(USAGE)
} else if (values.child) {
  const tally = await runRange(range)
  process.send?.(tally, () => process.disconnect())
} else if (values.hash) {
  await runRange(range, {}, ({ seed, world }) => print(`${seed} ${world.log.hash}`))
} else {
  const good = values.strikes
    ? await showStrikes(values.workload === undefined ? workloadNames : [values.workload], range)
    : values.seed === undefined
      ? await showRange(range, Number(values.workers))
      : await showSeed(Number(values.seed))
  if (!good) process.exitCode = 1
}

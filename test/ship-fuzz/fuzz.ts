/** `npm run fuzz:ship -- --programs 20000 [--from 1] [--together 25]`: random programs, shipped and not; prints counts, and what differs. */
import { parseArgs } from 'node:util'
import { generateProgram } from './generate-program.ts'
import { runPrograms } from './run-programs.ts'

/** Modules stay in memory: a process is given no more than so many. */
const AT_ONCE = 500

const { values } = parseArgs({
  options: { programs: { type: 'string' }, from: { type: 'string' }, together: { type: 'string' } },
})
const programs = Number(values.programs ?? 1000)
const from = Number(values.from ?? 1)
/** Programs in one module: 1 tells which of them it is. */
const together = Number(values.together ?? 25)
if (![programs, from, together].every(n => Number.isSafeInteger(n) && n > 0)) {
  throw new Error('give --programs, --from and --together as whole numbers')
}

const start = performance.now()
const sum = { programs: 0, functions: 0, bundled: 0, refused: 0, wrong: 0 }
for (let seed = from; seed < from + programs; seed += AT_ONCE) {
  const result = await runPrograms(seed, { count: Math.min(AT_ONCE, from + programs - seed), together })
  sum.programs += result.programs
  sum.functions += result.functions
  sum.bundled += result.bundled
  sum.refused += result.refused
  sum.wrong += result.wrong.length
  for (const { seed: which, text } of result.wrong) {
    console.error(`seed ${which} and those with it: ${text}`)
    if (together > 1) continue
    const { files } = generateProgram(which)
    for (const [name, source] of Object.entries(files)) console.error(`--- ${name}\n${source}`)
  }
  process.stderr.write(`${sum.programs} programs, ${sum.wrong} wrong\n`)
}
const seconds = ((performance.now() - start) / 1000).toFixed(0)
console.log(
  `${sum.programs} programs (${sum.bundled} of more than one file) with ${sum.functions} functions: ${sum.refused} programs refused, ${sum.wrong} different, seeds ${from} to ${from + programs - 1}, ${seconds} s`,
)
process.exitCode = sum.wrong === 0 ? 0 : 1

/** `npm run fuzz:ship -- --programs 20000 [--from 1]`: random programs, shipped and not; prints counts, why programs were refused, and what differs. */
import { parseArgs } from 'node:util'
import { generateProgram } from './generate-program.ts'
import { runPrograms } from './run-programs.ts'

/** Modules stay in memory: a process is given no more than so many. */
const AT_ONCE = 500

const { values } = parseArgs({ options: { programs: { type: 'string' }, from: { type: 'string' } } })
const programs = Number(values.programs ?? 1000)
const from = Number(values.from ?? 1)
if (![programs, from].every(n => Number.isSafeInteger(n) && n > 0)) {
  throw new Error('give --programs and --from as whole numbers')
}

const start = performance.now()
const sum = { programs: 0, functions: 0, bundled: 0, refused: 0, wrong: 0 }
const reasons = new Map<string, number>()
for (let seed = from; seed < from + programs; seed += AT_ONCE) {
  const result = await runPrograms(seed, Math.min(AT_ONCE, from + programs - seed))
  sum.programs += result.programs
  sum.functions += result.functions
  sum.bundled += result.bundled
  sum.wrong += result.wrong.length
  for (const [reason, count] of Object.entries(result.refused)) {
    sum.refused += count
    reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  }
  for (const { seed: which, text } of result.wrong) {
    console.error(`seed ${which}: ${text}`)
    const { files } = generateProgram(which)
    for (const [name, source] of Object.entries(files)) console.error(`--- ${name}\n${source}`)
  }
  process.stderr.write(`${sum.programs} programs, ${sum.refused} refused, ${sum.wrong} wrong\n`)
}
const seconds = ((performance.now() - start) / 1000).toFixed(0)
for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]))
  console.log(`${count} refused: ${reason}`)
const share = ((sum.refused / sum.programs) * 100).toFixed(1)
console.log(
  `${sum.programs} programs (${sum.bundled} of more than one file) with ${sum.functions} functions: ${sum.refused} programs refused (${share} %), ${sum.wrong} different, seeds ${from} to ${from + programs - 1}, ${seconds} s`,
)
process.exitCode = sum.wrong === 0 ? 0 : 1

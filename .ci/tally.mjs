/** Reads the log of a test run and closes it with one line: `N passed, N failed[, N skipped]`. */
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

/** The closing counts of every vitest run in the log, added up. */
function countsOf(log) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  let failedFiles = 0
  for (const raw of log.split(/\r?\n/)) {
    const line = stripVTControlCharacters(raw)
    const closing =
      /^\s*(Tests|Test Files)\s+((?:\d+ (?:passed|failed|skipped|todo|expected fail)(?: \| )?)+)\s*\(\d+\)\s*$/.exec(
        line,
      )
    if (closing === null) continue
    for (const [, number, kind] of closing[2].matchAll(/(\d+) (passed|failed|skipped|todo|expected fail)/g)) {
      if (closing[1] === 'Test Files') failedFiles += kind === 'failed' ? Number(number) : 0
      else if (kind === 'todo') counts.skipped += Number(number)
      else if (kind === 'expected fail') counts.passed += Number(number)
      else counts[kind] += Number(number)
    }
  }
  // A file that could not be loaded fails without a failed test of its own.
  if (counts.failed === 0) counts.failed = failedFiles
  return counts
}

const [logFile, statusText] = process.argv.slice(2)
if (logFile === undefined || !/^\d+$/.test(statusText ?? '')) {
  console.error('usage: node .ci/tally.mjs <log file> <exit status>')
  process.exit(2)
}

let log = ''
try {
  log = readFileSync(logFile, 'utf8')
} catch (error) {
  console.error(`cannot read ${logFile}: ${error.message}`)
}
const counts = countsOf(log)
const ran = counts.passed + counts.failed > 0
if (!ran || (Number(statusText) !== 0 && counts.failed === 0)) counts.failed = 1
console.log(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
)
if (!ran) process.exitCode = 1

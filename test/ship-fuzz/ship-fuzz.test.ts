/** Random programs give the same in the process that wrote them and on a worker, or are refused. */
import { expect, it } from 'vitest'
import { generateProgram } from './generate-program.ts'
import { runPrograms } from './run-programs.ts'

const PROGRAMS = 200
/** Of the programs: those that change what only an initialiser can make. */
const MOST_REFUSED = 0.15
/** Two processes with hundreds of captures each, beside the other tests. */
const TIMEOUT_MS = 90_000

it('a seed gives one program', () => {
  expect(generateProgram(7)).toEqual(generateProgram(7))
  expect(generateProgram(7)).not.toEqual(generateProgram(8))
})

it(`${PROGRAMS} programs of closures, classes, changes and imports give the same here and shipped`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const { programs, bundled, refused, wrong } = await runPrograms(1, PROGRAMS)
  expect(wrong).toEqual([])
  expect(programs).toBe(PROGRAMS)
  expect(Object.values(refused).reduce((sum, count) => sum + count, 0)).toBeLessThan(PROGRAMS * MOST_REFUSED)
  expect(bundled).toBeGreaterThan(PROGRAMS / 8)
})

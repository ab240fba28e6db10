/** Random programs give the same in the process that wrote them and on a worker, or are refused. */
import { expect, it } from 'vitest'
import { generateProgram } from './generate-program.ts'
import { runPrograms } from './run-programs.ts'

const PROGRAMS = 200
/** Of the programs: those that change what only an initialiser can make. */
const MOST_REFUSED = 0.15

it('a seed gives one program', () => {
  expect(generateProgram(7)).toEqual(generateProgram(7))
  expect(generateProgram(7)).not.toEqual(generateProgram(8))
})

it(`${PROGRAMS} programs of closures, classes, changes and imports give the same here and shipped`, async () => {
  const { programs, bundled, refused, wrong } = await runPrograms(1, PROGRAMS)
  expect(wrong).toEqual([])
  expect(programs).toBe(PROGRAMS)
  expect(Object.values(refused).reduce((sum, count) => sum + count, 0)).toBeLessThan(PROGRAMS * MOST_REFUSED)
  expect(bundled).toBeGreaterThan(PROGRAMS / 8)
})

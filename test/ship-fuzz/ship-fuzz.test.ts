/** Random programs give the same in the process that wrote them and on a worker. */
import { expect, it } from 'vitest'
import { generateProgram } from './generate-program.ts'
import { runPrograms } from './run-programs.ts'

const PROGRAMS = 200

it('a seed gives one program', () => {
  expect(generateProgram(7)).toEqual(generateProgram(7))
  expect(generateProgram(7)).not.toEqual(generateProgram(8))
})

it(`${PROGRAMS} programs of closures, classes, captures and imports give the same here and shipped`, async () => {
  const { programs, bundled, refused, wrong } = await runPrograms(1, { count: PROGRAMS, together: 25 })
  expect(wrong).toEqual([])
  expect(programs).toBe(PROGRAMS)
  expect(refused).toBeLessThan(2)
  expect(bundled).toBeGreaterThan(PROGRAMS / 8)
})

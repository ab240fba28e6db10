/** Real kills and stops of real processes in the middle of real jobs; many more by `npm run kills`. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type CaseResult, type CaseToRun, runCases, type Strike } from './run-cases.ts'

const SEED = 20261128
const COUNTS: Readonly<Record<Strike, number>> = {
  'driver killed': 20,
  'worker killed': 20,
  'driver stopped': 10,
  'worker stopped': 10,
}
const LIMIT_MS = 900_000

const cases = Object.entries(COUNTS).flatMap(([strike, count]) =>
  Array.from({ length: count }, (_, number): CaseToRun => ({ strike: strike as Strike, number })),
)

let results: readonly CaseResult[]
beforeAll(async () => {
  results = await runCases(cases, SEED)
}, LIMIT_MS)

describe.each(Object.entries(COUNTS))('%s, %i times', (strike, count) => {
  it('changes nothing of the output, and leaves nothing behind', () => {
    const struck = results.filter(result => result.strike === strike)
    expect(struck).toHaveLength(count)
    expect(struck.filter(({ findings }) => findings.length > 0)).toEqual([])
  })

  it('happens in more than three phases of the job', () => {
    const phases = new Set(results.flatMap(result => (result.strike === strike ? result.phases : [])))
    expect(phases.size).toBeGreaterThan(3)
  })
})

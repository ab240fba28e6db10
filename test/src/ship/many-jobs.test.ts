/** An engine that runs many jobs keeps nothing of their code. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { fixtures } from './run-fixture.ts'

const JOBS = 60
/** The 40 jobs that are measured capture 9 MB; what is compiled meanwhile takes 0.3 MB. */
const MOST_GROWN_BYTES = 1.5e6
/** Modules that a worker loads before it is replaced. */
const MODULES_A_WORKER = 20

it(`${JOBS} distinct jobs on one engine and one worker leave no code behind`, {
  timeout: 90_000,
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--conditions=development', '--expose-gc', join(fixtures, 'many-jobs.ts'), String(JOBS)],
  ])
  const { grownBytes, workers } = JSON.parse(stdout) as { grownBytes: number; workers: number }
  expect(grownBytes).toBeLessThan(MOST_GROWN_BYTES)
  expect(workers).toBe(JOBS / MODULES_A_WORKER)
})

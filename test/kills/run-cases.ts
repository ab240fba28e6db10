/** Many strikes, at two sites at once: each case is drawn from a seed and its number, so that it can be drawn again. */
import { seededRandom } from '../../src/task/seeded-random.ts'
import type { KillCase } from './kill-case.ts'
import { JOB_NAMES } from './kill-jobs.ts'
import { KillSite } from './kill-site.ts'
import { stopDriver } from './stop-driver.ts'
import { strikeDriver } from './strike-driver.ts'
import { killWorker, stopWorker } from './strike-worker.ts'

export const STRIKES = {
  'driver killed': strikeDriver,
  'worker killed': killWorker,
  'driver stopped': stopDriver,
  'worker stopped': stopWorker,
} as const
export type Strike = keyof typeof STRIKES

export interface CaseToRun {
  readonly strike: Strike
  readonly number: number
}

export interface CaseResult extends CaseToRun, Pick<KillCase, 'name' | 'findings' | 'phases'> {}

const SITES = 2

/** @param onResult called after each case */
export async function runCases(
  cases: readonly CaseToRun[],
  seed: number,
  onResult: (result: CaseResult) => void = () => {},
): Promise<CaseResult[]> {
  const results: CaseResult[] = []
  const queue = [...cases]
  const atSite = async (): Promise<void> => {
    let site = await KillSite.open()
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const result = await runCase(site, next, seed)
        results.push(result)
        onResult(result)
        if (result.findings.length === 0) continue
        // What it has left must not be taken for another's.
        await site.close()
        site = await KillSite.open()
      }
    } finally {
      await site.close()
    }
  }
  await Promise.all(Array.from({ length: Math.min(SITES, cases.length) }, atSite))
  return results
}

async function runCase(site: KillSite, { strike, number }: CaseToRun, seed: number): Promise<CaseResult> {
  const random = seededRandom(seed, Object.keys(STRIKES).indexOf(strike), number)
  const name = JOB_NAMES[Math.floor(random() * JOB_NAMES.length)]!
  const at: KillCase = { site, name, random, output: 'out', findings: [], phases: [] }
  try {
    await STRIKES[strike](at)
  } catch (error) {
    at.findings.push(`the case itself failed: ${error instanceof Error ? error.stack : error}`)
  }
  return { strike, number, name, findings: at.findings, phases: at.phases }
}

/** A vitest reporter that prints what each test folder took beside its budget, so that the suite stays quick. */
import { relative, sep } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

/** Seconds of test time a folder may take, three files at a time on two processors. The whole suite is to take eight minutes. */
const BUDGET_SECONDS: Readonly<Record<string, number>> = {
  architecture: 65,
  benchmarks: 50,
  contracts: 110,
  docs: 55,
  engine: 260,
  kills: 140,
  lambda: 220,
  mutants: 70,
  operators: 150,
  planner: 25,
  'ship-cases': 100,
  simulation: 170,
  src: 400,
  types: 30,
}
const DEFAULT_SECONDS = 30

export default class FolderBudgets implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const seconds = new Map<string, { seconds: number; tests: number }>()
    for (const module of modules) {
      const [, folder = '?'] = relative(process.cwd(), module.moduleId).split(sep)
      const { duration, collectDuration, setupDuration } = module.diagnostic()
      const sum = seconds.get(folder) ?? { seconds: 0, tests: 0 }
      sum.seconds += (duration + collectDuration + setupDuration) / 1000
      sum.tests += [...module.children.allTests()].length
      seconds.set(folder, sum)
    }
    for (const [folder, sum] of [...seconds].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const budget = BUDGET_SECONDS[folder] ?? DEFAULT_SECONDS
      const over = sum.seconds > budget ? '  OVER BUDGET: make it quicker or move it to a long command' : ''
      process.stdout.write(
        ` ${folder.padEnd(14)} ${String(sum.tests).padStart(5)} tests  ${sum.seconds.toFixed(1).padStart(6)} s of ${budget} s${over}\n`,
      )
    }
  }
}

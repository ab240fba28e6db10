/** All invariants: what must hold of every run, whatever faults struck it. */
import type { Invariant } from '../simulation-run.ts'
import { commitsOnce, onlyCommitsAreTold } from './commits-once.ts'
import { endsRightly } from './ends-rightly.ts'
import { failuresAreExplained } from './failures-are-explained.ts'
import { keysAreOwn } from './keys-are-own.ts'
import { orphansStop } from './orphans-stop.ts'
import { outputIsRight } from './output-is-right.ts'
import { reportAddsUp } from './report-adds-up.ts'

export { leaksAfterCleaning } from './nothing-leaks.ts'

export const INVARIANTS: readonly Invariant[] = [
  outputIsRight,
  endsRightly,
  failuresAreExplained,
  commitsOnce,
  onlyCommitsAreTold,
  keysAreOwn,
  orphansStop,
  reportAddsUp,
]

/** All invariants: what must hold of every run, whatever faults struck it. */
import type { Invariant } from '../simulation-run.ts'
import { attemptsAreNumbered } from './attempts-are-numbered.ts'
import { cancelsSoon } from './cancels-soon.ts'
import { cleansTheEnded } from './cleans-the-ended.ts'
import { commitsOnce, onlyCommitsAreTold } from './commits-once.ts'
import { endsAsDecided } from './ends-as-decided.ts'
import { endsRightly } from './ends-rightly.ts'
import { failuresAreExplained } from './failures-are-explained.ts'
import { keysAreOwn } from './keys-are-own.ts'
import { leasesAreOwn } from './leases-are-own.ts'
import { lettersAreRight } from './letters-are-right.ts'
import { orphansStop } from './orphans-stop.ts'
import { outputIsRight } from './output-is-right.ts'
import { partsAreThere } from './parts-are-there.ts'
import { readersSeeAll } from './readers-see-all.ts'
import { remakesAreExplained } from './remakes-are-explained.ts'
import { reportAddsUp } from './report-adds-up.ts'
import { slotsAreKept } from './slots-are-kept.ts'
import { tellsOnce } from './tells-once.ts'
import { theLivingDrive } from './the-living-drive.ts'

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
  attemptsAreNumbered,
  cancelsSoon,
  cleansTheEnded,
  endsAsDecided,
  leasesAreOwn,
  lettersAreRight,
  partsAreThere,
  readersSeeAll,
  remakesAreExplained,
  slotsAreKept,
  tellsOnce,
  theLivingDrive,
]

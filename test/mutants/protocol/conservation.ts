/** Mutants of law 8: at each barrier, the rows that were read are those that were committed. */
import type { Mutant } from '../mutant.ts'

const CONSERVATION = 'src/job/conservation.ts'

export const CONSERVATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'rows that were committed may stay unread',
    file: CONSERVATION,
    find: 'if (rowsRead === rowsProduced ||',
    replace: 'if (rowsRead <= rowsProduced ||',
    look: { check: 'a job whose workers read too little fails' },
  },
  {
    name: 'rows may be read that nobody has committed',
    file: CONSERVATION,
    find: 'if (rowsRead === rowsProduced ||',
    replace: 'if (rowsRead >= rowsProduced ||',
    look: { check: 'a job whose workers read too much fails' },
  },
  {
    name: 'every stage may stop early',
    file: CONSERVATION,
    find: 'stage.until !== undefined || hasLimit(stage.root)',
    replace: 'true',
    look: { check: 'a job whose workers read too little fails' },
  },
  {
    name: 'no stage may stop early',
    file: CONSERVATION,
    find: 'stage.until !== undefined || hasLimit(stage.root)',
    replace: 'false',
    look: { faults: ['coldStart'], workloads: ['take', 'limit in the middle'] },
  },
  {
    name: 'a barrier counts and does not compare',
    file: 'src/job/stages.ts',
    find: 'conservationFailure(stage, exchangeRowsIn, producedFor(step, stage))',
    replace: 'conservationFailure(stage, 0, [])',
    look: { check: 'a job whose workers read too much fails' },
  },
  {
    name: 'a broadcast counts once, however many read it',
    file: 'src/job/stages.ts',
    find: 'isBroadcast(input) ? readersOfBroadcast(stage, i) : 1',
    replace: '1',
    look: { faults: ['coldStart'], workloads: ['broadcast join'] },
  },
]

/** Mutants of how jobs end: one end, then outputs that appear whole, and nothing left of the others. */
import type { Mutant } from '../mutant.ts'

const DRIVE = 'src/engine/drive-job.ts'
const RESUME = 'src/engine/resume.ts'
const PAUSED = { strikes: { workload: 'word count', who: 'driver', how: 'paused' } } as const

/**
 * Not here: clearing away the commits of parts. An attempt that comes so late that it wins once more sees that the job has
 * ended, and removes its part.
 */
export const ENDING_MUTANTS: readonly Mutant[] = [
  {
    name: 'a driver that is late ends the job of who has reopened it',
    file: 'src/job/ends.ts',
    find: 'last = key',
    replace: 'last ??= key',
    look: { faults: ['cancelled'] },
  },
  {
    name: 'a driver that has not won the end says that it has',
    file: DRIVE,
    find: 'if (!ended) {',
    replace: 'if (ended === null) {',
    look: PAUSED,
  },
  {
    name: 'parts of a job that failed stay',
    file: DRIVE,
    find: 'await discardOutputs(outputsOf(drive))',
    replace: '',
    look: { faults: ['cancelled', 'straggler'], workloads: ['straight through', 'two outputs'] },
  },
  {
    name: 'a job is published before its success is in the journal',
    file: 'src/scheduler/job-run.ts',
    find: 'const unheard = await this.#outlet.drain()',
    replace: 'const unheard = null',
    look: {
      strikes: {
        ...{ workload: 'straight through', who: 'driver', how: 'killed', followedBy: 'cancel' },
        ...{ rates: { slowRequest: 0.15 }, seed: 6 },
      },
    },
  },
  {
    name: 'a job that has ended meanwhile is gone on with',
    file: RESUME,
    find: '  if (ended !== undefined) {\n    await letGo',
    replace: '  if (ended === null) {\n    await letGo',
    look: { faults: ['secondDriver', 'driverPaused'] },
  },
  {
    name: 'a retry leaves the old end',
    file: RESUME,
    find: 'what was decided before.\n  await reopen(at.store, job, taken.epoch)',
    replace: '',
    look: { faults: ['cancelled'] },
  },
  {
    name: 'a retry heeds the mark that asked to cancel what it reopens',
    file: 'src/job/cancel-mark.ts',
    find: 'mark.epoch >= since ? mark : undefined',
    replace: 'true ? mark : undefined',
    look: { check: 'a retry of a job that was cancelled from outside is not asked to cancel again' },
  },
  {
    name: 'a retry makes parts again under the generation that has gone',
    file: RESUME,
    find: 'generation: highest + 1 }',
    replace: 'generation: highest }',
    look: { faults: ['cancelled', 'straggler'] },
  },
  {
    name: 'a retry finds that the job is to end as before',
    file: 'src/job/restore.ts',
    find: 'this.#ending = null\n',
    replace: '\n',
    look: { faults: ['cancelled'] },
  },
  {
    name: 'clearing away takes the end with it',
    file: DRIVE,
    find: 'const keptFolders = [jobKeys.ends(job), ',
    replace: 'const keptFolders = [',
    look: { faults: ['coldStart'] },
  },
  {
    name: 'clearing away takes the journal with it',
    file: DRIVE,
    find: 'jobKeys.journal(job), jobKeys.leases(job), dead',
    replace: 'jobKeys.leases(job), dead',
    look: { faults: ['driverPaused', 'secondDriver'] },
  },
  {
    name: 'cleaning removes a job that has not ended',
    file: 'src/engine/clean-jobs.ts',
    find: "const isOpen = !has.end && (wanted === undefined || options.running !== 'remove')",
    replace: 'const isOpen = false',
    look: { check: 'cleaning keeps a job that has not ended' },
  },
]

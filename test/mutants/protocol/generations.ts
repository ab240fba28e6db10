/** Mutants of generations: what is lost is made again under the next one, with all that was made from it. */
import type { Look, Mutant } from '../mutant.ts'

const REMAKE = 'src/job/remake.ts'
const ATTEMPTS = 'src/job/attempts.ts'
const DEALT: Look = { faults: ['dataDamaged'], workloads: ['dealt twice', 'dealt rows'] }

export const GENERATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'an answer of an older generation counts',
    file: ATTEMPTS,
    find: 'result.generation === task.generation &&',
    replace: '',
    look: { check: 'an attempt of an older generation that answers late does not count' },
  },
  {
    name: 'what is made again keeps its generation',
    file: REMAKE,
    find: 'generation ?? before.generation + 1)',
    replace: 'generation ?? before.generation)',
    look: { faults: ['dataDamaged'] },
  },
  {
    name: 'readers of rows that came out differently do not read again',
    file: ATTEMPTS,
    find: 'if (result.changed) redoReaders(step, ref.position)',
    replace: '',
    look: DEALT,
  },
  {
    name: 'a task that is made again always says that its rows are the same',
    file: 'src/task/run-stage-task.ts',
    find: '(await isChanged(store, event, finished)) ? { changed: true } : {}',
    replace: '{}',
    look: DEALT,
  },
  {
    name: 'rows count as the same where what was there before cannot be read',
    file: 'src/task/is-changed.ts',
    find: 'if (before === undefined || before.success.changed) return true',
    replace: 'if (before === undefined) return false',
    look: { check: 'readers of rows that cannot be compared read again' },
  },
  {
    name: 'only tasks of which this driver knows read again',
    file: REMAKE,
    find: 'released > 0 || step.state.job.epoch > 1',
    replace: 'released > 0',
    look: {
      strikes: {
        ...{ workload: 'dealt rows', who: 'driver', how: 'killed', seed: 2 },
        rates: { commitDamaged: 0.6, straggler: 0.4, coldStart: 0.3 },
      },
    },
  },
  {
    name: 'readers read again under a generation that they had already',
    file: REMAKE,
    find: 'highestGeneration(step.stage(reader).tasks) + 1',
    replace: '1',
    look: DEALT,
  },
  {
    name: 'the manifest is not made again when a producer is',
    file: REMAKE,
    find: 'manifest: pending(manifest, manifest.generation + 1),',
    replace: '',
    look: { faults: ['dataDamaged'] },
  },
  {
    name: 'a manifest that is made again keeps its generation',
    file: REMAKE,
    find: 'pending(manifest, manifest.generation + 1)',
    replace: 'pending(manifest)',
    look: { faults: ['dataDamaged'] },
  },
  {
    name: 'readers go on while what they read is made again',
    file: REMAKE,
    find: "if (step.stage(reader).phase === 'running') step.updateStage(reader, { phase: 'blocked' })",
    replace: '',
    look: { faults: ['dataDamaged', 'manifestDamaged'] },
  },
  {
    name: 'what a task had read before it was made again stays counted',
    file: REMAKE,
    find: 'exchangeRowsIn: exchangeRowsIn - read,',
    replace: 'exchangeRowsIn,',
    look: DEALT,
  },
  {
    name: 'a stage of which a task is made again counts as complete',
    file: REMAKE,
    find: "phase: 'blocked',\n    prefix: EMPTY_PREFIX,",
    replace: '',
    look: { faults: ['dataDamaged'] },
  },
  {
    name: 'what had to be made again before is made again once more',
    file: REMAKE,
    find: 'if (task.generation !== generation) return false',
    replace: '',
    look: { faults: ['dataDamaged', 'straggler', 'duplicate'] },
  },
  {
    name: 'a task does not replace a damaged commit of its own that its driver does not know',
    file: REMAKE,
    find: 'by.position === ref.position && by.task === ref.task',
    replace: 'false',
    look: { check: 'a task whose commit is damaged before anybody has heard of it is made again' },
  },
  {
    name: 'an output that is lost ever again is made again for ever',
    file: REMAKE,
    find: 'losses > LOSSES_AT_MOST',
    replace: 'false',
    look: { check: 'a job whose store loses one object ever again fails' },
  },
  {
    name: 'a manifest is made from the first generation of each producer',
    file: 'src/job/launch.ts',
    find: 'if (generation !== base) others[task] = generation',
    replace: 'if (generation !== base) others[task] = 0',
    look: { faults: ['dataDamaged'] },
  },
  {
    name: 'an attempt that was cancelled fails the task that is made again',
    file: ATTEMPTS,
    find: 'else if (!result.ok && isCurrent && step.isNeeded(ref))',
    replace: 'else if (!result.ok && step.isNeeded(ref))',
    look: { faults: ['dataDamaged', 'slowRequest', 'straggler'], workloads: ['dealt twice', 'dealt rows'] },
  },
]

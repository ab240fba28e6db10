/** Mutants of driving a job: its journal, its lease, and drivers that take over. */
import type { Mutant } from '../mutant.ts'

const JOURNAL = 'src/job/journal.ts'
const LEASE = 'src/job/lease.ts'
const TAKE_OVER = 'src/job/take-over.ts'
const KEEPER = 'src/job/lease-keeper.ts'
const DRIVE = 'src/engine/drive-job.ts'
const PAUSED = { strikes: { workload: 'word count', who: 'driver', how: 'paused' } } as const
const DAMAGED = {
  strikes: { workload: 'dealt twice', who: 'driver', how: 'killed', rates: { dataDamaged: 0.7 }, seed: 2 },
} as const
const KILLED = { strikes: { workload: 'reduce by key', who: 'driver', how: 'killed' } } as const

/**
 * Not here, since the journal alone fences: a holder that does not look for a newer lease. Nor what only takes longer: a
 * lease that is not let go, or not known to be.
 */
export const DRIVING_MUTANTS: readonly Mutant[] = [
  {
    name: 'a segment of the journal replaces that of another driver',
    file: JOURNAL,
    find: 'if (await putOnce(store, key, body)) return',
    replace: 'await store.put(key, body)\n  if (key !== body) return',
    look: PAUSED,
  },
  {
    name: 'a driver goes on though its number in the journal is taken',
    file: JOURNAL,
    find: 'if (await putOnce(store, key, body)) return',
    replace: 'await putOnce(store, key, body)\n  if (key !== body) return',
    look: { check: 'a driver whose journal is taken ends nothing' },
  },
  {
    name: 'decisions are written some time later',
    file: JOURNAL,
    find: 'if (decides || this.#lines.length',
    replace: 'if (this.#lines.length',
    look: {
      strikes: { workload: 'word count', who: 'driver', how: 'killed', followedBy: 'cancel', seed: 2 },
    },
  },
  {
    name: 'nobody waits until a decision is written',
    file: JOURNAL,
    find: 'return decides || this.#hasFailed',
    replace: 'return this.#hasFailed',
    look: {
      strikes: {
        ...{ workload: 'straight through', who: 'driver', how: 'killed', followedBy: 'cancel' },
        ...{ rates: { slowRequest: 0.15 }, seed: 6 },
      },
    },
  },
  {
    name: 'that something is made again need not be written first',
    file: JOURNAL,
    find: "  'taskRemade',\n  'manifestRemade',\n",
    replace: '',
    look: DAMAGED,
  },
  {
    name: 'how a job ends need not be written first',
    file: JOURNAL,
    find: "  'jobEnding',\n",
    replace: '',
    look: { faults: ['driverPaused', 'driverKilled', 'cancelled'] },
  },
  {
    name: 'the schemas of a later writer are taken for those of an earlier one',
    file: 'src/job/journal-lines.ts',
    find: 'if (line.schema !== undefined)',
    replace: 'if (line.schema !== undefined && !this.#schemas.has(line.is))',
    look: { check: 'schemas of the journal are those of their writer' },
  },
  {
    name: 'a driver ends a job before its journal is written',
    file: DRIVE,
    find: 'await journal.close()',
    replace: '',
    look: { check: 'a driver whose journal is taken ends nothing' },
  },
  {
    name: 'a lease is taken from whoever has it',
    file: LEASE,
    find: 'if (await putOnce(store, key, encodeRecord(lease))) return',
    replace: 'await store.put(key, encodeRecord(lease))\n  if (key !== job) return',
    look: { faults: ['secondDriver', 'driverKilled', 'cancelledFromOutside'] },
  },
  {
    name: 'a job is taken over without asking whether its driver lives',
    file: TAKE_OVER,
    find: 'if (last > 0) await awaitLapse(store, job, last, options)',
    replace: '',
    look: { faults: ['secondDriver'] },
  },
  {
    name: 'a driver that beats counts as silent',
    file: TAKE_OVER,
    find: 'if (now.beat !== first.beat) throw takenError(job, holderText(now.holder))',
    replace: '',
    look: { faults: ['secondDriver', 'straggler'] },
  },
  {
    name: 'a driver does not show that it is alive',
    file: KEEPER,
    find: 'await this.#write(false)',
    replace: '',
    look: { faults: ['straggler', 'silence'] },
  },
  {
    name: 'a driver shows the same beat again and again',
    file: KEEPER,
    find: 'this.#beat++',
    replace: '',
    look: { faults: ['straggler', 'slowRequest'] },
  },
  {
    name: 'a driver does not look whether it is asked to cancel',
    file: KEEPER,
    find: 'this.#wasAsked ? undefined : await readCancel(store, job, since)',
    replace: 'undefined',
    look: { faults: ['cancelledFromOutside', 'straggler', 'silence'] },
  },
  {
    name: 'who has taken over gives up when the last driver writes once more',
    file: TAKE_OVER,
    find: "if (error instanceof DunlinError && error.code === 'LEASE') continue",
    replace: '',
    look: { check: 'who takes over goes on when the last driver has written once more' },
  },
  {
    name: 'who slept while taking over puts out who has taken over since',
    file: TAKE_OVER,
    find: "if (event.type === 'jobTakenOver' && event.epoch > epoch) throw takenError(job, event.driver)",
    replace: '',
    look: { check: 'of drivers that take over at once the last goes on' },
  },
  {
    name: 'what an earlier driver has committed is not known to a later one',
    file: 'src/scheduler/job-run.ts',
    find: 'for (const [task, result] of results) this.#kept.keep(stage, task, result)',
    replace: 'for (const [task, result] of results) void [task, result, stage]',
    look: KILLED,
  },
  {
    name: 'what tasks have read for an earlier driver is not counted',
    file: 'src/job/create-job.ts',
    find: 'exchangeRowsIn += state.exchangeRowsIn',
    replace: '',
    look: KILLED,
  },
  {
    name: 'a later driver begins with the first generation of what was made again',
    file: 'src/job/restore.ts',
    find: 'stage.tasks.set(one, untried(toGeneration))',
    replace: 'stage.tasks.set(one, untried(0))',
    look: DAMAGED,
  },
  {
    name: 'a later driver takes the manifest of what was made again',
    file: 'src/job/restore.ts',
    find: 'stage.manifest = untried(stage.manifest.generation + 1)',
    replace: '',
    look: DAMAGED,
  },
  {
    name: 'a later driver decides again how a job ends',
    file: DRIVE,
    find: "if (ending !== null && ending.state !== 'succeeded') return settled(drive, ending)",
    replace: '',
    look: {
      strikes: {
        workload: 'word count',
        who: 'driver',
        how: 'killed',
        rates: { payloadTooLarge: 0.2 },
        seed: 4,
      },
    },
  },
]

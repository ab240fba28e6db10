/** Mutants of the commit: one conditional write a task and generation decides, and everybody takes its winner. */
import type { Mutant } from '../mutant.ts'

const TASK = 'src/task/run-stage-task.ts'
const COMMIT = 'src/shuffle/commit-task.ts'

/**
 * Not here: a later attempt that does not look for an earlier commit. It does its work again, in vain, and then finds
 * that it has lost.
 */
export const COMMIT_MUTANTS: readonly Mutant[] = [
  {
    name: 'a commit is written without its condition',
    file: COMMIT,
    find: 'encodeCommit(record), { ifAbsent: true })',
    replace: 'encodeCommit(record))',
    look: { faults: ['duplicate'] },
  },
  {
    name: 'who has lost the race takes its own record for the winner',
    file: COMMIT,
    find: 'if (put.created) return record',
    replace: 'return record',
    look: { faults: ['duplicate'] },
  },
  {
    name: 'a commit whose write has failed counts as done',
    file: COMMIT,
    find: 'if (settled === undefined) throw error',
    replace: 'if (settled === undefined) return record',
    look: { faults: ['serverError', 'slowDown'] },
  },
  {
    name: 'a commit of unknown outcome is not settled by reading it back',
    file: COMMIT,
    find: 'if (settled === undefined) throw error',
    replace: 'throw error',
    look: { faults: ['ambiguousPut'] },
  },
  {
    name: 'a commit of another plan counts',
    file: COMMIT,
    find: 'record.fingerprint !== task.fingerprint',
    replace: 'false',
    look: { check: 'a commit of another plan is refused' },
  },
  {
    name: 'a shuffle object is committed before it is written',
    file: 'src/task/shuffle-output.ts',
    find: 'await this.#store.put(this.#key, all)',
    replace: 'void this.#store.put(this.#key, all)',
    look: { faults: ['slowRequest'] },
  },
  {
    name: 'a part is committed before it is written',
    file: 'src/sink/part-sink.ts',
    find: 'await writer.close()',
    replace: 'void writer.close()',
    look: { faults: ['slowRequest'] },
  },
  {
    name: 'an attempt that has lost answers with its own result',
    file: TASK,
    find: 'return winner.success',
    replace: 'return success',
    look: { faults: ['duplicate'] },
  },
  {
    name: 'an attempt that has lost leaves its part',
    file: TASK,
    find: 'if (winner.success.nonce !== event.nonce) {\n      await output.abort()',
    replace: 'if (winner.success.nonce !== event.nonce) {\n      await null',
    look: { faults: ['duplicate'], workloads: ['straight through'] },
  },
  {
    name: 'a part that comes when the job has ended stays',
    file: TASK,
    find: '(await isOver(store, event.job))',
    replace: 'false',
    look: { faults: ['cancelled', 'duplicate', 'straggler', 'uncancelled'], workloads: ['straight through'] },
  },
  {
    name: 'an attempt removes its output where its commit has an unknown outcome',
    file: TASK,
    find: 'if (!committing || (isOverWithout && isWrite)) await',
    replace: 'await',
    look: { faults: ['latePut', 'ambiguousPut', 'serverError'] },
  },
  {
    name: 'an attempt that is stopped leaves its part',
    file: TASK,
    find: 'if (!committing || (isOverWithout && isWrite)) await',
    replace: 'if (isOverWithout && isWrite) await',
    look: { faults: ['duplicate', 'ambiguousPut', 'serverError'], workloads: ['straight through'] },
  },
  {
    name: 'the checksum of a commit is not looked at',
    file: 'src/shuffle/commit-record.ts',
    find: 'view.getUint32(end, true) !== crc32(bytes.subarray(0, end))',
    replace: 'false',
    look: { faults: ['wrongBytes'], workloads: ['sort', 'hash join', 'skew join', 'two outputs'] },
  },
  {
    name: 'a commit that is read damaged is not asked for again',
    file: COMMIT,
    find: "if (error instanceof DunlinError && error.code === 'CORRUPT') return readRecord(store, key)",
    replace: '',
    look: { faults: ['wrongBytes'] },
  },
]

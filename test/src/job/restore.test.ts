/** What a later driver learns of how the job is to end. */
import { expect, test } from 'vitest'
import type { Failure } from '../../../operators/index.ts'
import { JobReplay } from '../../../src/job/restore.ts'

const failure = (code: Failure['code']): Failure => ({
  code,
  message: code,
  retryable: false,
  place: {},
  causes: [],
})

function endingOf(why: Failure) {
  const replay = new JobReplay()
  replay.add({ type: 'jobEnding', time: 0, state: 'succeeded' })
  replay.add({ type: 'jobFinished', time: 1, job: 'a', state: 'failed', failure: why })
  return replay.restored.ending
}

test('a job whose output cannot be published has failed', () => {
  expect(endingOf(failure('OUTPUT_NOT_EMPTY'))).toMatchObject({ state: 'failed' })
})

test('a job that was taken from its driver before it had published is still to be published', () => {
  expect(endingOf(failure('LEASE'))).toEqual({ state: 'succeeded' })
})

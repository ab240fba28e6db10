/** Errors as people read them. */
import { expect, test } from 'vitest'
import { DunlinError, fromFailure } from '../../../operators/index.ts'
import { errorText } from '../../../src/cli/error-text.ts'
import { OWN_CODE } from '../../../src/cli/own-code.ts'
import { exitCodeOf } from '../../../src/cli/report-error.ts'
import { UsageError } from '../../../src/cli/usage-error.ts'

function thrownByUser(): Error {
  const error = new TypeError("Cannot read properties of undefined (reading 'trim')")
  error.stack = `TypeError: ${error.message}
    at parseLine (/home/ann/jobs/count.ts:12:31)
    at async each (file:///home/ann/jobs/lib/lines.ts:3:9)
    at file:///home/ann/.dunlin/code/${'0'.repeat(64)}.mjs:1:44
    at RowChain.push (file:///home/ann/node_modules/dunlin/dist/operators/rows/row-chain.js:88:20)
    at runTask (/home/ann/node_modules/dunlin/dist/worker-entry.js:4000:11)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)`
  return error
}

test('a failure of a user function says what, where, which record, what to do, and shows the user’s own frames', () => {
  const error = new DunlinError('USER_FUNCTION', 'the function of Map parseLine threw', {
    cause: thrownByUser(),
    hint: 'Look at the record; filter such lines out before.',
    place: {
      stage: 0,
      task: 3,
      attempt: 2,
      operator: 'Map parseLine',
      record: '"42;;x"',
      at: 'jobs/count.ts:12:31',
    },
  })
  expect(`\n${errorText(error)}\n`).toMatchInlineSnapshot(`
    "
    ✖ the function of Map parseLine threw
      where   stage 0, task 3, attempt 2 · Map parseLine · jobs/count.ts:12:31
      record  "42;;x"
      cause   TypeError: Cannot read properties of undefined (reading 'trim')
      hint    Look at the record; filter such lines out before.
      code    USER_FUNCTION
        at parseLine (/home/ann/jobs/count.ts:12:31)
        at async each (file:///home/ann/jobs/lib/lines.ts:3:9)
    "
  `)
})

test('the error that ends a job tells of the other kinds of failures, and how many were like it', () => {
  const lost = {
    ...{ code: 'WORKER_LOST' as const, message: 'worker thread 3 ended', retryable: true },
    place: { job: 'j', stage: 0, task: 3 },
    causes: [],
  }
  const full = { ...lost, code: 'NO_SPACE' as const, message: 'no space for 17 bytes', place: { stage: 1 } }
  const failures = [
    { ...lost, count: 3 },
    { ...full, count: 4 },
  ]
  expect(errorText(fromFailure({ ...full, message: 'no space for 99 bytes' }, failures)).split('\n')).toEqual(
    [
      '✖ no space for 99 bytes',
      '  where   stage 1',
      '  code    NO_SPACE, 4 times',
      '  also    3 × WORKER_LOST: worker thread 3 ended (stage 0, task 3)',
    ],
  )
})

test('what the message says already is not said again', () => {
  const cause = new Error('no such file')
  const error = new DunlinError('NOT_FOUND', 'in.txt cannot be read: no such file', { cause })
  expect(errorText(error)).not.toMatch('cause')
})

test('an error of dunlin’s own shows its whole stack', () => {
  const error = new DunlinError('INTERNAL', 'this cannot be')
  error.stack = 'DunlinError: this cannot be\n    at f (/home/ann/node_modules/dunlin/dist/src/a.js:1:2)'
  expect(errorText(error)).toContain('at f (/home/ann/node_modules/dunlin/dist/src/a.js:1:2)')
})

test('what the user’s own script throws is shown as Node would, without Node’s own frames', () => {
  const error = new RangeError('too far')
  error.stack = `RangeError: too far
    at main (/home/ann/jobs/script.ts:3:9)
    at ModuleJob.run (node:internal/modules/esm/module_job:1:1)`
  expect(errorText(error)).toBe('✖ RangeError: too far\n    at main (/home/ann/jobs/script.ts:3:9)')
  expect(errorText('just text')).toBe('✖ thrown: just text')
})

test('own frames are left out as paths and as URLs; where there are no others, they are all shown', () => {
  const error = new TypeError('null')
  const own = ['/opt/d/src/', 'file:///opt/d/src/']
  const ownFrames = '    at load (file:///opt/d/src/cli/a.ts:1:2)\n    at /opt/d/src/b.js:3:4'
  error.stack = `TypeError: null\n    at job (file:///home/ann/job.ts:1:1)\n${ownFrames}
    at async Command.parseAsync (/x/node_modules/commander/lib/command.js:1122:5)`
  expect(errorText(error, { own })).toBe('✖ TypeError: null\n    at job (file:///home/ann/job.ts:1:1)')
  error.stack = `TypeError: null\n${ownFrames}`
  expect(errorText(error, { own })).toBe(`✖ TypeError: null\n${ownFrames}`)
})

test('the code of benchmarks is dunlin’s own, and the file of a test is not', () => {
  for (const name of ['benchmarks/wordcount.ts', 'src/cli/main.ts', 'worker-entry.js']) {
    const { href, pathname } = new URL(`../../../${name}`, import.meta.url)
    for (const file of [href, pathname]) expect(OWN_CODE.some(start => file.startsWith(start))).toBe(true)
  }
  expect(OWN_CODE.some(start => import.meta.url.startsWith(start))).toBe(false)
})

test('each kind of error has its exit code', () => {
  expect(exitCodeOf(new UsageError('no'))).toBe(2)
  expect(exitCodeOf(new DunlinError('CONFIGURATION', 'no'))).toBe(3)
  expect(exitCodeOf(new DunlinError('ACCESS_DENIED', 'no'))).toBe(3)
  expect(exitCodeOf(new DunlinError('USER_FUNCTION', 'no'))).toBe(1)
  expect(exitCodeOf(new Error('no'))).toBe(1)
})

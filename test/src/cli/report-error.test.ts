/** What is told of an error, where, and what to exit with. */
import { CommanderError } from 'commander'
import { expect, test } from 'vitest'
import { DunlinError } from '../../../operators/index.ts'
import type { CliOutput } from '../../../src/cli/cli-output.ts'
import { PLAIN } from '../../../src/cli/palette.ts'
import { reportError } from '../../../src/cli/report-error.ts'

function told(error: unknown, { json = false, exitCode = undefined as number | undefined } = {}) {
  const said: { text: string[]; json: unknown[] } = { text: [], json: [] }
  const advice: string[] = []
  const output: CliOutput = {
    data: () => {},
    json: value => void said.json.push(value),
    say: text => void advice.push(text),
    warn: text => void said.text.push(text),
    outPalette: PLAIN,
    errPalette: PLAIN,
    width: 80,
    columns: 80,
  }
  const code = reportError(error, {
    interrupt: { signal: new AbortController().signal, exitCode },
    json,
    output,
  })
  return { code, ...said, ...(advice.length === 0 ? {} : { advice }) }
}

test('an error is text on stderr, and with --json data too', () => {
  const error = new DunlinError('NOT_FOUND', 'there is no in.txt', { hint: 'Look elsewhere.' })
  expect(told(error)).toMatchObject({
    code: 1,
    json: [],
    text: [expect.stringContaining('✖ there is no in.txt')],
  })
  expect(told(error, { json: true }).json).toMatchObject([
    { error: { code: 'NOT_FOUND', hint: 'Look elsewhere.' } },
  ])
})

test('an error of another copy of dunlin is told like one of this copy', () => {
  const other = Object.assign(new Error('bad key'), {
    ...{
      name: 'DunlinError',
      code: 'CONFIGURATION',
      hint: 'Mend it.',
      retryable: false,
      place: { stage: 2 },
    },
  })
  const { code, text } = told(other)
  expect(code).toBe(3)
  expect(text[0]).toBe('✖ bad key\n  where   stage 2\n  hint    Mend it.\n  code    CONFIGURATION')
})

test('the failures that a job met are told too, also those of another copy', () => {
  const lost = { code: 'WORKER_LOST', message: 'gone', retryable: true, place: {}, causes: [], count: 2 }
  const other = Object.assign(new Error('full'), {
    ...{ name: 'DunlinError', code: 'NO_SPACE', retryable: false, place: {}, failures: [lost] },
  })
  const { text, json } = told(other, { json: true })
  expect(text[0]).toBe('✖ full\n  code    NO_SPACE\n  also    2 × WORKER_LOST: gone')
  expect(json).toMatchObject([{ error: { code: 'NO_SPACE', failures: [{ code: 'WORKER_LOST', count: 2 }] } }])
})

test.each(['USER_FUNCTION', 'BAD_RECORD', 'TOO_MANY_BAD_RECORDS'] as const)(
  'after %s it is told that retry runs the code as it was submitted, and how to run changed code',
  code => {
    const error = new DunlinError(code, 'f threw', { place: { job: 'j-1', stage: 0 } })
    const [advice] = told(error).advice!
    expect(advice).toContain('`dunlin jobs retry j-1` goes on from what had committed')
    expect(advice).toMatch(/code as it was submitted[\s\S]*run the pipeline again.*--reuse/)
    expect(told(new DunlinError(code, 'f threw')).advice, 'no job, nothing to retry').toBe(undefined)
  },
)

test('after a signal the exit code is that of the signal', () => {
  expect(told(new DunlinError('CANCELLED', 'the job was cancelled'), { exitCode: 130 }).code).toBe(130)
})

test('when nobody reads stdout any more nothing is told', () => {
  expect(told(new DunlinError('CANCELLED', 'the job was cancelled'), { exitCode: 0 })).toEqual({
    code: 0,
    text: [],
    json: [],
  })
})

test('what commander has told is not told again', () => {
  const usage = new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'")
  expect(told(usage)).toEqual({ code: 2, text: [], json: [] })
  expect(told(usage, { json: true }).json).toMatchObject([{ error: { message: "unknown option '--x'" } }])
})

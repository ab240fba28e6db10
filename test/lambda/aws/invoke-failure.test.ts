/** What an invocation without a result becomes. */
import { describe, expect, it } from 'vitest'
import { functionFailure, invokeFailure } from '../../../lambda/aws/invoke-failure.ts'
import { eventFor } from '../../fixtures/compute/behaviours.ts'

const event = eventFor('ok', 3)
const place = { job: 'job-1', stage: 2, task: 3, attempt: 1 }
const report = (used: number): string =>
  `oh dear\nREPORT RequestId: 1\tMemory Size: 512 MB\tMax Memory Used: ${used} MB\n`
const failed = (errorType: string, errorMessage: string, logTail = report(90)) =>
  functionFailure(
    { functionName: 'f', memoryMb: 512, payload: JSON.stringify({ errorType, errorMessage }), logTail },
    event,
  )

describe('a function that failed', () => {
  it.each([
    ['Sandbox.Timedout', 'RequestId: 1 Error: Task timed out after 3.00 seconds', 'TIMEOUT', true],
    ['Runtime.ExitError', 'Error: Runtime exited with error: exit status 3', 'WORKER_LOST', true],
    ['Runtime.ExitError', 'Error: Runtime exited with error: signal: killed', 'WORKER_LOST', true],
    ['Function.ResponseSizeTooLarge', 'Response payload size exceeded', 'TOO_LARGE', false],
    ['Runtime.ImportModuleError', "Cannot find module 'index'", 'CONFIGURATION', false],
    ['TypeError', 'x is not a function', 'INTERNAL', false],
  ] as const)('%s: %s is %s', (type, message, code, retryable) => {
    const error = failed(type, message)
    expect(error).toMatchObject({ code, retryable, place })
    expect(error.message).toBe(`the function f failed: ${message}\noh dear`)
  })

  it('had no memory left where the platform killed it at its limit, or V8 says so', () => {
    const killed = failed('Runtime.ExitError', 'Runtime exited with error: signal: killed', report(512))
    const heap = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n'
    const aborted = failed('Runtime.ExitError', 'Runtime exited with error: signal: aborted', heap)
    for (const error of [killed, aborted]) {
      expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', retryable: true, place })
      expect(error.message).toBe('the function f ran out of its 512 MB')
    }
    expect(failed('Runtime.ExitError', 'Runtime exited with error: signal: aborted').code).toBe('WORKER_LOST')
  })

  it('may have said what is no JSON', () => {
    const error = functionFailure({ functionName: 'f', memoryMb: 512, payload: 'oops', logTail: '' }, event)
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'the function f failed: oops' })
  })
})

describe('a function that could not be invoked', () => {
  const thrown = (name: string, status?: number): Error =>
    Object.assign(new Error('said so'), { name, $metadata: { httpStatusCode: status } })

  it.each([
    ['TooManyRequestsException', 429, 'THROTTLED', true],
    ['ResourceNotFoundException', 404, 'CONFIGURATION', false],
    ['AccessDeniedException', 403, 'ACCESS_DENIED', false],
    ['ExpiredTokenException', 403, 'CONFIGURATION', false],
    ['CredentialsProviderError', undefined, 'CONFIGURATION', false],
    ['RequestTooLargeException', 413, 'TOO_LARGE', false],
    ['InvalidParameterValueException', 400, 'CONFIGURATION', false],
    ['ServiceException', 500, 'WORKER_LOST', true],
    ['TimeoutError', undefined, 'WORKER_LOST', true],
  ] as const)('by %s (%s) is %s', (name, status, code, retryable) => {
    const error = invokeFailure(thrown(name, status), 'f', event)
    expect(error).toMatchObject({ code, retryable, place })
    expect(error.message).toBe(`the function f could not be invoked: ${name}: said so`)
  })

  it('says what to do where somebody can do something', () => {
    const hint = (name: string) => invokeFailure(thrown(name, 403), 'f', event).hint
    expect(hint('ResourceNotFoundException')).toContain('dunlin deploy')
    expect(hint('AccessDeniedException')).toContain('lambda:InvokeFunction for f')
    expect(hint('ExpiredTokenException')).toContain('AWS_PROFILE')
  })
})

/** The Lambda service of this machine, asked by the unmodified SDK client. */
import { InvokeCommand, type InvokeCommandOutput, LambdaClient } from '@aws-sdk/client-lambda'
import { zipSync } from 'fflate'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type FailureRecord,
  type LambdaService,
  type LambdaServiceOptions,
  startLambdaService,
} from '../../../lambda/local-service/index.ts'
import { lambdaRuntime } from '../../fixtures/lambda-runtime.ts'

const HANDLER = `
let served = 0
const hoard = []
export const handler = async (event, context) => {
  served++
  if (event.print) console.log(event.print)
  if (event.throw) throw new TypeError(event.throw)
  if (event.exit !== undefined) process.exit(event.exit)
  if (event.sleepMs) await new Promise(resolve => setTimeout(resolve, event.sleepMs))
  if (event.answerBytes) return 'x'.repeat(event.answerBytes)
  for (let mb = 0; mb < (event.megabytes ?? 0); mb++) hoard.push(Buffer.alloc(2 ** 20, 1))
  return { served, pid: process.pid, name: context.functionName, leftMs: context.getRemainingTimeInMillis() }
}`
const PATIENT = { timeout: 15_000 }
const zip = zipSync({ 'index.mjs': Buffer.from(HANDLER) })

let service: LambdaService
let client: LambdaClient
afterEach(async () => {
  client.destroy()
  await service.close()
})

interface Config {
  readonly timeoutMs?: number
  readonly memoryMb?: number
  readonly reservedConcurrency?: number
}

async function open(config: Config = {}, options: Partial<LambdaServiceOptions> = {}): Promise<void> {
  const about = { memoryMb: 256, timeoutMs: 20_000, ...config }
  const handler = { name: 'f', zip, handler: 'index.handler', environment: {}, ...about }
  service = await startLambdaService({ ...lambdaRuntime, functions: [handler], ...options })
  client = new LambdaClient({
    endpoint: service.endpoint,
    region: service.region,
    maxAttempts: 1,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
}

const invoke = (event: object, more: object = {}): Promise<InvokeCommandOutput> =>
  client.send(new InvokeCommand({ FunctionName: 'f', Payload: Buffer.from(JSON.stringify(event)), ...more }))
const answerOf = ({ Payload }: InvokeCommandOutput) => JSON.parse(Buffer.from(Payload!).toString())
const nameOf = (error: Error): string => error.name

describe('a synchronous invocation', () => {
  it('gives what the handler returns, and uses an environment again', async () => {
    await open()
    const first = answerOf(await invoke({}))
    expect(first).toMatchObject({ served: 1, name: 'f' })
    expect(first.leftMs).toBeGreaterThan(10_000)
    expect(answerOf(await invoke({}))).toMatchObject({ served: 2, pid: first.pid })
    expect(service.log.map(({ cold }) => cold)).toEqual([true, false])
    expect(service.environments).toBe(1)
  })

  it('says how a handler failed, with the end of its log', async () => {
    await open()
    const answer = await invoke({ throw: 'not today', print: 'so far so good' }, { LogType: 'Tail' })
    expect(answer.FunctionError).toBe('Unhandled')
    expect(answerOf(answer)).toMatchObject({ errorType: 'TypeError', errorMessage: 'not today' })
    const tail = Buffer.from(answer.LogResult!, 'base64').toString()
    // The runtime of AWS puts time, request and level before it.
    expect(tail).toMatch(/^START RequestId: .*\n(.*\t)?so far so good\n/)
    expect(tail).toMatch(
      /REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB/,
    )
  })

  it('is ended at its time-out, and so is its environment', async () => {
    await open({ timeoutMs: 300 })
    const { pid } = answerOf(await invoke({}))
    const late = answerOf(await invoke({ sleepMs: 60_000 }))
    expect(late).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/timed out after 0.30 seconds/),
    })
    expect(answerOf(await invoke({})).pid).not.toBe(pid)
  })

  it('is killed where it takes more than its memory', async () => {
    await open({ memoryMb: 128 })
    const answer = await invoke({ megabytes: 400, sleepMs: 0 }, { LogType: 'Tail' })
    expect(answerOf(answer)).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/signal: killed/),
    })
    expect(Buffer.from(answer.LogResult!, 'base64').toString()).toContain('Max Memory Used: 128 MB')
  })

  it('says that its environment ended', async () => {
    await open()
    expect(answerOf(await invoke({ exit: 4 }))).toMatchObject({
      errorMessage: expect.stringMatching(/exit status 4/),
    })
  })

  it('is refused where there is no room, where it is too large, and where there is no such function', async () => {
    await open({ reservedConcurrency: 1 })
    const running = invoke({ sleepMs: 600 })
    await expect.poll(() => service.environments, PATIENT).toBe(1)
    const refused = await invoke({}).catch((error: Error & { Reason?: string }) => error)
    expect(refused).toMatchObject({
      name: 'TooManyRequestsException',
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    })
    await running
    expect(await invoke({ pad: 'x'.repeat(6 * 2 ** 20) }).catch(nameOf)).toBe('RequestTooLargeException')
    expect(await invoke({}, { FunctionName: 'g' }).catch(nameOf)).toBe('ResourceNotFoundException')
    expect(answerOf(await invoke({ answerBytes: 7 * 2 ** 20 }))).toMatchObject({
      errorType: 'Function.ResponseSizeTooLarge',
    })
  })

  it('may be throttled, killed or lost by a seed', async () => {
    const run = async (): Promise<string[]> => {
      await open({}, { faults: { seed: 3, throttled: 0.3, lostResponse: 0.3 } })
      const ends: string[] = []
      for (let i = 0; i < 12; i++) ends.push(await invoke({}).then(() => 'ok', nameOf))
      await service.close()
      return ends
    }
    const ends = await run()
    expect(new Set(ends).size).toBeGreaterThan(2)
    expect(await run()).toEqual(ends)
  })
})

describe('an asynchronous event', () => {
  it('is accepted at once, and delivered twice where that is asked for', async () => {
    await open({}, { faults: { seed: 1, duplicated: 1 } })
    expect((await invoke({}, { InvocationType: 'Event' })).StatusCode).toBe(202)
    await expect.poll(() => service.log.filter(({ type }) => type === 'Event').length, PATIENT).toBe(2)
    expect(service.log[0]!.id).toBe(service.log[1]!.id)
  })

  it('waits unseen where there is no room', async () => {
    await open({ reservedConcurrency: 1 }, { async: { pace: 0.05 } })
    for (let i = 0; i < 4; i++) await invoke({ sleepMs: 50 }, { InvocationType: 'Event' })
    await expect.poll(() => service.log.length, PATIENT).toBe(4)
    expect(service.log.every(({ status }) => status === 200)).toBe(true)
    expect(service.environments).toBe(1)
  })

  it('goes to the destination on failure when its retries are used up', async () => {
    const failed: FailureRecord[] = []
    await open({}, { async: { pace: 0.01, retries: 1 }, onFailure: one => failed.push(one) })
    await invoke({ throw: 'never' }, { InvocationType: 'Event' })
    await expect.poll(() => failed, PATIENT).toHaveLength(1)
    expect(failed[0]!.key).toMatch(
      /^aws\/lambda\/async\/f\/\d{4}\/\d\d\/\d\d\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$/,
    )
    expect(JSON.parse(failed[0]!.text)).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      requestPayload: { throw: 'never' },
      responseContext: { functionError: 'Unhandled' },
      responsePayload: { errorMessage: 'never' },
    })
    const large = await invoke({ pad: 'x'.repeat(2 ** 20) }, { InvocationType: 'Event' }).catch(nameOf)
    expect(large).toBe('RequestTooLargeException')
  })
})

it('two thousand invocations that run nothing exhaust no sockets', async () => {
  await open({}, { noOp: () => 'null' })
  let left = 2_000
  const slot = async (): Promise<void> => {
    while (left-- > 0) await invoke({})
  }
  await Promise.all(Array.from({ length: 64 }, slot))
  expect(service.log).toHaveLength(2_000)
}, 120_000)

/** openInvoker: invokes functions through the SDK, with one connection for each in flight and no retries of its own. */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { loadLambdaSdk } from './lambda-sdk.ts'

export interface InvokerOptions {
  readonly region: string
  /** Of a service that is not Amazon's: `http://127.0.0.1:9001`. */
  readonly endpoint?: string
  /** Invocations in flight at most: each has a connection as long as it runs. */
  readonly connections: number
  /** The longest that a function may take; an invocation without an answer is given up some time after. */
  readonly timeoutMs: number
  readonly credentials?: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
}

export interface InvocationAnswer {
  readonly payload: string
  /** Set where the function, or its environment, failed: then `payload` says how. */
  readonly functionError?: string
  /** The last 4 KB that were printed, and the platform's report. */
  readonly logTail: string
}

export interface Invoker {
  /** @throws what the SDK throws: the function was not invoked, or its answer was lost */
  invoke(functionName: string, payload: Uint8Array, signal: AbortSignal): Promise<InvocationAnswer>
  /**
   * Hands the event over: when the function runs is Lambda's business, and what becomes of it is told elsewhere.
   *
   * @throws as `invoke`
   */
  send(functionName: string, payload: Uint8Array, signal: AbortSignal): Promise<void>
  close(): void
}

/** NAT gateways forget a connection on which nothing was sent for 350 s. */
const KEEP_ALIVE_MS = 60_000
const CONNECT_MS = 5_000
const ANSWER_MARGIN_MS = 15_000

/**
 * A retry by the SDK would run a function a second time unseen: the scheduler decides about those.
 *
 * @throws CONFIGURATION where the AWS SDK is not installed
 */
export async function openInvoker(options: InvokerOptions): Promise<Invoker> {
  const { InvokeCommand, LambdaClient } = await loadLambdaSdk()
  const { region, endpoint, connections, timeoutMs, credentials } = options
  const agent = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: connections }
  const client = new LambdaClient({
    region,
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    requestHandler: {
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      connectionTimeout: CONNECT_MS,
      requestTimeout: timeoutMs + ANSWER_MARGIN_MS,
      // All that is in flight is meant to be: no warning of sockets that wait.
      socketAcquisitionWarningTimeout: timeoutMs,
    },
  })
  return {
    async invoke(functionName, payload, signal) {
      const command = new InvokeCommand({ FunctionName: functionName, Payload: payload, LogType: 'Tail' })
      const answer = await client.send(command, { abortSignal: signal })
      return {
        payload: Buffer.from(answer.Payload ?? new Uint8Array()).toString(),
        logTail: Buffer.from(answer.LogResult ?? '', 'base64').toString(),
        ...(answer.FunctionError === undefined ? {} : { functionError: answer.FunctionError }),
      }
    },
    async send(functionName, payload, signal) {
      const command = new InvokeCommand({
        FunctionName: functionName,
        Payload: payload,
        InvocationType: 'Event',
      })
      await client.send(command, { abortSignal: signal })
    },
    close: () => client.destroy(),
  }
}

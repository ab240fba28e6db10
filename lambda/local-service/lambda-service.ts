/** startLambdaService: the Invoke API on this machine, for the unmodified SDK client; runs deployment packages as they are. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DeployedFunction, type FunctionToDeploy } from './deployed-function.ts'
import { EventQueue } from './event-queue.ts'
import type { InvocationOutcome } from './execution-environment.ts'
import { type FailureRecord, failureRecord } from './failure-record.ts'
import { bodyUpTo, MOST_SYNC_BYTES } from './runtime-api.ts'
import { FaultDice, type ServiceFaults } from './service-faults.ts'

export interface LambdaServiceOptions {
  readonly functions: readonly FunctionToDeploy[]
  readonly region?: string
  /** Environments of all functions that may run at once. Default 1,000, as an account has it. */
  readonly concurrency?: number
  /** The script, and its arguments, that runs a handler and speaks the Runtime API. Default: one of its own. */
  readonly runtime?: readonly string[]
  readonly faults?: ServiceFaults
  /** Of asynchronous events. */
  readonly async?: { readonly retries?: number; readonly mostAgeMs?: number; readonly pace?: number }
  /** Given what goes to the bucket that is the destination on failure. */
  readonly onFailure?: (record: FailureRecord) => void
  /** A connection on which nothing has happened for so long is cut without a word. Default 350 s, as by a NAT gateway. */
  readonly idleCutMs?: number
  /** Answers every invocation without running a function: what the way to the service costs by itself. */
  readonly noOp?: (payload: Uint8Array) => Promise<string> | string
  /**
   * It serves this process alone: it does not keep it alive, and ends with it, however that ends. Environments are then
   * not frozen between two invocations, and Ctrl-C does not reach them.
   */
  readonly inBackground?: boolean
}

export interface InvocationRecord {
  readonly id: string
  readonly function: string
  readonly type: 'RequestResponse' | 'Event'
  readonly status: number
  readonly cold: boolean
  readonly functionError?: 'Unhandled'
}

export interface LambdaService {
  /** What a client takes as its `endpoint`. */
  readonly endpoint: string
  readonly region: string
  /** All that was invoked or refused, in the order of the answers. */
  readonly log: readonly InvocationRecord[]
  readonly faults: FaultDice
  /** Environments started so far, of all functions. */
  readonly environments: number
  close(): Promise<void>
}

const ACCOUNT = '000000000000'
const MOST_ASYNC_BYTES = 2 ** 20
const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/
const ACCOUNT_SETTINGS = '/2016-08-19/account-settings'
const CONFIGURATION = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/
const NO_FAULTS: ServiceFaults = { seed: 0 }
/** A kill strikes within so long of the start of an invocation. */
const KILL_WITHIN_MS = 400

export async function startLambdaService(options: LambdaServiceOptions): Promise<LambdaService> {
  const { region = 'us-east-1', concurrency = 1_000, idleCutMs = 350_000 } = options
  const functions = new Map<string, DeployedFunction>()
  for (const config of options.functions) {
    functions.set(
      config.name,
      await DeployedFunction.deploy(config, { ...options, region, account: ACCOUNT }),
    )
  }
  const faults = new FaultDice(options.faults ?? NO_FAULTS)
  const log: InvocationRecord[] = []
  const running = (): number => [...functions.values()].reduce((sum, one) => sum + one.concurrency, 0)

  /** Null where there is no room. */
  const invoke = async (deployed: DeployedFunction, id: string, payload: Uint8Array) => {
    if (deployed.isFull || running() >= concurrency) return null
    const invocation = await deployed.begin(id, payload)
    if (faults.strikes('killed')) setTimeout(() => void invocation.kill(), faults.moment() * KILL_WITHIN_MS)
    return invocation.outcome
  }
  const queues = new Map(
    [...functions].map(([name, deployed]) => {
      const queue = new EventQueue({
        retries: options.async?.retries ?? 2,
        mostAgeMs: options.async?.mostAgeMs ?? 6 * 3_600_000,
        ...(options.async?.pace === undefined ? {} : { pace: options.async.pace }),
        onFailure: failed => options.onFailure?.(failureRecord(failed, name, deployed.arn)),
        async invoke({ id, payload }) {
          const outcome = faults.strikes('throttled') ? null : await invoke(deployed, id, payload)
          if (outcome !== null) log.push(recordOf(deployed, id, 'Event', 200, outcome))
          return outcome
        },
      })
      return [name, queue] as const
    }),
  )

  const serveInvocation = async (name: string, request: IncomingMessage, response: ServerResponse) => {
    const id = randomUUID()
    const isEvent = request.headers['x-amz-invocation-type'] === 'Event'
    const mostBytes = isEvent ? MOST_ASYNC_BYTES : MOST_SYNC_BYTES
    const payload = await bodyUpTo(request, mostBytes)
    const type = isEvent ? 'Event' : 'RequestResponse'
    const refuse = (status: number, error: string, message: string, more: object = {}): void => {
      log.push({ id, function: name, type, status, cold: false })
      answerError(response, { id, status, error, message, more })
    }
    const deployed = functions.get(name)
    if (deployed === undefined) {
      refuse(404, 'ResourceNotFoundException', `Function not found: ${arnOf(region, name)}`)
    } else if (payload === null) {
      refuse(
        413,
        'RequestTooLargeException',
        `Request must be smaller than ${mostBytes} bytes for the InvokeFunction operation`,
      )
    } else if (options.noOp !== undefined) {
      const answer = await options.noOp(payload)
      log.push({ id, function: name, type, status: isEvent ? 202 : 200, cold: false })
      response.writeHead(isEvent ? 202 : 200, headersOf(id)).end(isEvent ? '' : answer)
    } else if (isEvent) {
      const event = { id, payload, acceptedAt: Date.now() }
      const queue = queues.get(name)!
      queue.add(event)
      if (faults.strikes('duplicated')) queue.add(event)
      if (faults.strikes('lostResponse')) {
        response.destroy()
        return
      }
      response.writeHead(202, headersOf(id)).end()
    } else {
      const outcome = faults.strikes('throttled') ? null : await invoke(deployed, id, payload)
      if (outcome === null) {
        const Reason = deployed.isFull
          ? 'ReservedFunctionConcurrentInvocationLimitExceeded'
          : 'ConcurrentInvocationLimitExceeded'
        refuse(429, 'TooManyRequestsException', 'Rate Exceeded.', { Reason, retryAfterSeconds: '1' })
        return
      }
      log.push(recordOf(deployed, id, type, 200, outcome))
      if (faults.strikes('lostResponse')) {
        response.destroy()
        return
      }
      const tail = request.headers['x-amz-log-type'] === 'Tail'
      response.writeHead(200, {
        ...headersOf(id),
        'x-amz-executed-version': '$LATEST',
        ...(outcome.functionError === undefined ? {} : { 'x-amz-function-error': outcome.functionError }),
        ...(tail ? { 'x-amz-log-result': Buffer.from(outcome.logTail).toString('base64') } : {}),
      })
      response.end(outcome.payload)
    }
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = decodeURIComponent((request.url ?? '').split('?')[0]!)
    const invoked = INVOCATIONS.exec(path)?.[1]
    if (request.method === 'POST' && invoked !== undefined) return serveInvocation(invoked, request, response)
    if (request.method === 'GET' && path.replace(/\/$/, '') === ACCOUNT_SETTINGS) {
      response.writeHead(200, headersOf(randomUUID())).end(JSON.stringify(accountSettings(concurrency)))
      return
    }
    const asked = CONFIGURATION.exec(path)?.[1]
    const deployed = asked === undefined ? undefined : functions.get(asked)
    if (deployed !== undefined) {
      response.writeHead(200, headersOf(randomUUID())).end(JSON.stringify(configurationOf(deployed)))
      return
    }
    const message =
      asked === undefined ? `${request.method} ${path} is not served here` : `Function not found: ${asked}`
    answerError(response, { id: randomUUID(), status: 404, error: 'ResourceNotFoundException', message })
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => {
      answerError(response, {
        id: randomUUID(),
        status: 500,
        error: 'ServiceException',
        message: error.message,
      })
    })
  })
  server.requestTimeout = 0
  server.keepAliveTimeout = idleCutMs
  // Also one on which an answer is waited for.
  server.on('connection', socket => socket.setTimeout(idleCutMs, () => socket.destroy()))
  if (options.inBackground) server.on('connection', socket => socket.unref())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const closeNow = (): void => {
    for (const one of functions.values()) one.closeNow()
  }
  if (options.inBackground) {
    server.unref()
    process.once('exit', closeNow)
  }
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region,
    log,
    faults,
    get environments() {
      return [...functions.values()].reduce((sum, one) => sum + one.started, 0)
    },
    async close() {
      process.removeListener('exit', closeNow)
      for (const queue of queues.values()) queue.close()
      await Promise.all([...functions.values()].map(one => one.close()))
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Of them none is reserved here. */
const accountSettings = (concurrency: number): object => ({
  AccountLimit: { ConcurrentExecutions: concurrency, UnreservedConcurrentExecutions: concurrency },
})

const headersOf = (id: string) => ({ 'content-type': 'application/json', 'x-amzn-requestid': id })

const arnOf = (region: string, name: string): string => `arn:aws:lambda:${region}:${ACCOUNT}:function:${name}`

function recordOf(
  { config }: DeployedFunction,
  id: string,
  type: InvocationRecord['type'],
  status: number,
  { cold, functionError }: InvocationOutcome,
): InvocationRecord {
  return {
    id,
    function: config.name,
    type,
    status,
    cold,
    ...(functionError === undefined ? {} : { functionError }),
  }
}

interface ServiceError {
  readonly id: string
  readonly status: number
  readonly error: string
  readonly message: string
  readonly more?: object
}

function answerError(response: ServerResponse, { id, status, error, message, more }: ServiceError): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, { ...headersOf(id), 'x-amzn-errortype': error })
  response.end(
    JSON.stringify({ Type: status < 500 ? 'User' : 'Service', Message: message, message, ...more }),
  )
}

function configurationOf({ arn, config }: DeployedFunction): object {
  return {
    FunctionName: config.name,
    FunctionArn: arn,
    Handler: config.handler,
    MemorySize: config.memoryMb,
    Timeout: Math.ceil(config.timeoutMs / 1000),
    Environment: { Variables: config.environment },
    State: 'Active',
    LastUpdateStatus: 'Successful',
  }
}

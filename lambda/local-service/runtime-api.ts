/** RuntimeApi: the HTTP interface through which the runtime in one execution environment asks for work and answers. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a synchronous invocation may bring, and give back. */
export const MOST_SYNC_BYTES = 6 * 2 ** 20

export interface RuntimeInvocation {
  readonly id: string
  readonly payload: Uint8Array
  /** Milliseconds since 1970. */
  readonly deadlineMs: number
  readonly arn: string
}

/** `error`: what the runtime says of a handler that threw, or of a module that could not be loaded. */
export interface RuntimeAnswer {
  readonly kind: 'response' | 'error'
  readonly payload: Uint8Array
}

interface Asked {
  readonly invocation: RuntimeInvocation
  readonly answer: (answer: RuntimeAnswer) => void
}

/**
 * One environment's side of the service, on a port of its own, since a runtime is told a host and nothing else. Version
 * 2018-06-01 of the interface.
 */
export class RuntimeApi {
  readonly #server: Server
  /** The runtime waits here for what is to be done next. */
  #waiting: ServerResponse | null = null
  #asked: Asked | null = null
  readonly #ready = Promise.withResolvers<RuntimeAnswer | null>()

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#serve(request, response).catch(() => response.destroy())
    })
    // Between two invocations the runtime waits for as long as it takes.
    this.#server.requestTimeout = 0
    this.#server.keepAliveTimeout = 0
  }

  /** `inBackground`: it does not keep this process alive. */
  static async listen({ inBackground = false }: { readonly inBackground?: boolean }): Promise<RuntimeApi> {
    const api = new RuntimeApi()
    if (inBackground) api.#server.on('connection', socket => socket.unref())
    api.#server.listen(0, '127.0.0.1')
    await once(api.#server, 'listening')
    if (inBackground) api.#server.unref()
    return api
  }

  /** `host:port`, as `AWS_LAMBDA_RUNTIME_API` has it. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Null when the runtime has asked for its first invocation; else why it could not be initialised. */
  get ready(): Promise<RuntimeAnswer | null> {
    return this.#ready.promise
  }

  /** Only one at a time. Never resolves where the runtime ends without an answer. */
  invoke(invocation: RuntimeInvocation): Promise<RuntimeAnswer> {
    return new Promise(answer => {
      this.#asked = { invocation, answer }
      this.#give()
    })
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #give(): void {
    const response = this.#waiting
    if (response === null || this.#asked === null) return
    this.#waiting = null
    const { id, payload, deadlineMs, arn } = this.#asked.invocation
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(deadlineMs),
      'lambda-runtime-invoked-function-arn': arn,
    })
    response.end(payload)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    if (path.endsWith('/runtime/invocation/next')) {
      this.#ready.resolve(null)
      this.#waiting = response
      this.#give()
      return
    }
    const payload = await bodyOf(request)
    if (path.endsWith('/runtime/init/error')) {
      this.#ready.resolve({ kind: 'error', payload })
      response.writeHead(202).end('{"status":"OK"}')
      return
    }
    const [, id, what] = /\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? []
    const asked = this.#asked
    if (asked === null || asked.invocation.id !== id) {
      response.writeHead(400).end('{"errorType":"InvalidRequestID"}')
      return
    }
    this.#asked = null
    if (what === 'response' && payload.byteLength > MOST_SYNC_BYTES) {
      response.writeHead(413).end('{"errorType":"RequestEntityTooLarge"}')
      asked.answer({ kind: 'error', payload: tooLarge(payload.byteLength) })
      return
    }
    response.writeHead(202).end('{"status":"OK"}')
    asked.answer({ kind: what === 'response' ? 'response' : 'error', payload })
  }
}

function tooLarge(bytes: number): Uint8Array {
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${MOST_SYNC_BYTES} bytes): ${bytes}.`
  return Buffer.from(JSON.stringify({ errorMessage, errorType: 'Function.ResponseSizeTooLarge' }))
}

/** All that a request brings, up to `mostBytes`; null where it brings more. */
export async function bodyUpTo(request: IncomingMessage, mostBytes: number): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    bytes += piece.byteLength
    if (bytes <= mostBytes) pieces.push(piece)
  }
  return bytes > mostBytes ? null : Buffer.concat(pieces)
}

const bodyOf = async (request: IncomingMessage): Promise<Uint8Array> =>
  (await bodyUpTo(request, Number.POSITIVE_INFINITY))!

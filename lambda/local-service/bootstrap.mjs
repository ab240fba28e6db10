/** The runtime in an execution environment: loads the handler, then asks for one invocation after another. */
import { Agent, request } from 'node:http'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

// The service is gone, and with it whoever asked.
if (process.argv[2] === 'ends-with-input') process.stdin.on('close', () => process.exit()).resume()

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER } = process.env
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(':')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

function send(method, path, body) {
  return new Promise((done, fail) => {
    const options = { host, port, agent, method, path: `/2018-06-01/runtime/${path}` }
    const asking = request(options, response => {
      const pieces = []
      response.on('data', piece => pieces.push(piece))
      response.on('end', () => done({ headers: response.headers, body: Buffer.concat(pieces) }))
      response.on('error', fail)
    })
    asking.on('error', fail)
    asking.end(body)
  })
}

const errorOf = error => ({
  errorType: error?.name ?? 'Error',
  errorMessage: error?.message ?? String(error),
  trace: error?.stack?.split('\n') ?? [],
})

async function load() {
  const [file, name] = _HANDLER.split('.')
  const module = await import(pathToFileURL(resolve(LAMBDA_TASK_ROOT, `${file}.mjs`)).href)
  if (typeof module[name] !== 'function') throw new Error(`${file}.mjs exports no function ${name}`)
  return module[name]
}

let handler
try {
  handler = await load()
} catch (error) {
  await send(
    'POST',
    'init/error',
    JSON.stringify({ ...errorOf(error), errorType: 'Runtime.ImportModuleError' }),
  )
  process.exit(1)
}

for (;;) {
  const { headers, body } = await send('GET', 'invocation/next')
  const awsRequestId = headers['lambda-runtime-aws-request-id']
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms'])
  const context = {
    awsRequestId,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  }
  try {
    const result = await handler(JSON.parse(body.toString()), context)
    await send('POST', `invocation/${awsRequestId}/response`, JSON.stringify(result ?? null))
  } catch (error) {
    await send('POST', `invocation/${awsRequestId}/error`, JSON.stringify(errorOf(error)))
  }
}

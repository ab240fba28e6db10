/**
 * `npm run check:lambda-load`: tasks that do nothing, through the SDK's client and over sockets, to a service that runs nothing:
 * 10,000 synchronous invocations and 100,000 events that are answered through the store. Prints what a task costs the driver.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createLambdaBackend, openInvoker } from '../../lambda/aws/index.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { createStores } from '../../src/store/open-stores.ts'
import { eventFor } from '../fixtures/compute/behaviours.ts'

const FUNCTION = 'dunlin-512'
const ROUTES = [
  { mode: 'sync', tasks: 10_000, inFlight: 500 },
  { mode: 'event', tasks: 100_000, inFlight: 1_000 },
] as const
const MB = 2 ** 20

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const scratch = await mkdtemp(join(tmpdir(), 'dunlin-load-'))
const store = `${pathToFileURL(scratch).href}/`
const child = fork(join(import.meta.dirname, 'no-op-service.ts'), [FUNCTION])
const [{ endpoint, region }] = (await once(child, 'message')) as [{ endpoint: string; region: string }]

try {
  for (const route of ROUTES) await measure(route)
} finally {
  child.disconnect()
  await rm(scratch, { recursive: true, force: true })
}

async function measure({ mode, tasks, inFlight }: (typeof ROUTES)[number]): Promise<void> {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const invoker = await openInvoker({
    endpoint,
    region,
    connections: inFlight,
    timeoutMs: 60_000,
    credentials,
  })
  const failures = new MemoryStore({ name: 'failures' })
  const tiers = [{ functionName: FUNCTION, memoryMb: 512 }]
  const events = { stores: createStores(), failures }
  const backend = createLambdaBackend({ invoker, tiers, slots: inFlight, mode, events })
  const { signal } = new AbortController()
  const sockets = (): number =>
    process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length
  const from = { at: performance.now(), cpu: process.cpuUsage() }
  let next = 0
  let most = { rss: 0, sockets: 0 }
  const slot = async (): Promise<void> => {
    while (next < tasks) {
      const task = next++
      const result = await backend.run({ ...eventFor('ok', task), job: `load-${mode}`, store }, { signal })
      if (!result.ok || result.rowsOut !== task) throw new Error(`task ${task}: ${JSON.stringify(result)}`)
      if (task % 500 === 0) {
        most = {
          rss: Math.max(most.rss, process.memoryUsage.rss()),
          sockets: Math.max(most.sockets, sockets()),
        }
      }
    }
  }
  await Promise.all(Array.from({ length: inFlight }, slot))
  await backend.close()
  const cpu = process.cpuUsage(from.cpu)
  const seconds = (performance.now() - from.at) / 1_000
  const micros = (cpu.user + cpu.system) / tasks
  print(
    `${mode}: ${tasks} tasks, ${inFlight} in flight, ${seconds.toFixed(1)} s; driver: ${micros.toFixed(0)} us of CPU a task, ` +
      `${(most.rss / MB).toFixed(0)} MB at most, ${most.sockets} sockets at most`,
  )
}

/** Every compute backend keeps the contract. */
import { tmpdir } from 'node:os'
import { buildFunction, createLambdaBackend, createLambdaClient } from '../../lambda/aws/index.ts'
import { startLambdaService } from '../../lambda/local-service/index.ts'
import type { ComputeBackend } from '../../src/compute/compute-backend.ts'
import { createInlineBackend } from '../../src/compute/inline-backend.ts'
import { createLocalBackend } from '../../src/compute/local-backend.ts'
import { systemClock } from '../../src/ports/system-clock.ts'
import { systemRandom } from '../../src/ports/system-random.ts'
import { createStores } from '../../src/store/open-stores.ts'
import { behave } from '../fixtures/compute/behaviours.ts'
import { computeBackendContract } from './compute-backend.contract.ts'

const entry = new URL('../fixtures/compute/entry.ts', import.meta.url)

computeBackendContract({
  name: 'the inline backend',
  open: () =>
    createInlineBackend({
      slots: 2,
      ports: {
        stores: createStores(),
        clock: systemClock,
        random: systemRandom,
        loadFunctions: async () => [],
      },
      run: (event, { signal }) => behave(event, signal),
    }),
  shields: { busyLoops: false, endings: false, kills: false },
})

for (const isolation of ['thread', 'process'] as const) {
  computeBackendContract({
    name: `the local backend with isolation ${isolation}`,
    open: () => createLocalBackend({ workers: 2, isolation, memoryMb: 128, tempDirectory: tmpdir(), entry }),
    shields: { busyLoops: true, endings: true, kills: isolation === 'process' },
  })
}

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Two sizes of one function, in a Lambda service on this machine. */
async function openLambda(): Promise<ComputeBackend> {
  const zip = await buildFunction({ entry: new URL('../fixtures/compute/lambda-entry.ts', import.meta.url) })
  const tiers = [256, 1024].map(memoryMb => ({ functionName: `dunlin-${memoryMb}`, memoryMb }))
  const service = await startLambdaService({
    functions: tiers.map(({ functionName, memoryMb }) => ({
      name: functionName,
      memoryMb,
      zip,
      handler: 'index.handler',
      timeoutMs: 60_000,
      environment: {},
    })),
  })
  const { endpoint, region } = service
  const client = createLambdaClient({
    endpoint,
    region,
    connections: 100,
    timeoutMs: 60_000,
    credentials: CREDENTIALS,
  })
  const backend = createLambdaBackend({ client, tiers, slots: 2 })
  return {
    ...backend,
    async close() {
      await backend.close()
      await service.close()
    },
  }
}

computeBackendContract({
  name: 'the Lambda backend',
  open: openLambda,
  shields: { busyLoops: true, endings: true, kills: true },
})

/** Every compute backend keeps the contract. */
import { tmpdir } from 'node:os'
import { createInlineBackend } from '../../src/compute/inline-backend.ts'
import { createLocalBackend } from '../../src/compute/local-backend.ts'
import { systemClock } from '../../src/ports/system-clock.ts'
import { systemRandom } from '../../src/ports/system-random.ts'
import { createStores } from '../../src/store/open-stores.ts'
import { behave } from '../fixtures/compute/behaviours.ts'
import { openLambda } from '../fixtures/lambda-service.ts'
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
    words: {
      exit: code => new RegExp(`ended with exit code ${code} while it ran task 0 of stage 2, attempt 1$`),
      exitHint: /process\.exit\(\)/,
      kill: /was killed by SIGKILL/,
      abort: /was ended by SIGABRT/,
      disconnect: /ended with exit code 0/,
    },
  })
}

computeBackendContract({
  name: 'the Lambda backend',
  async open() {
    const entry = new URL('../fixtures/compute/lambda-entry.ts', import.meta.url)
    return (await openLambda({ entry, slots: 2, memorySizesMb: [256, 1024] })).backend
  },
  words: {
    exit: code =>
      new RegExp(`the function dunlin-256 failed: .*Runtime exited with error: exit status ${code}`),
    kill: /signal: killed/,
    abort: /signal: aborted/,
  },
  shields: { busyLoops: true, endings: true, kills: true },
})

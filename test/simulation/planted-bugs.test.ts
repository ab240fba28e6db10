/** A planted bug is found by the invariants within some seeds: the simulation can fail. */
import { describe, expect, it } from 'vitest'
import type { ComputeBackend } from '../../src/compute/compute-backend.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import type { TaskResult } from '../../src/task/task-event.ts'
import { replaced } from '../fixtures/store/replaced-store.ts'
import { runOne, type SimulationOptions } from './run-range.ts'

const MOST_SEEDS = 150

const withStore = (methods: (store: ObjectStore) => Partial<ObjectStore>): SimulationOptions => ({
  wrapStore: store => replaced(store, methods(store)),
})

const withCompute = (run: (compute: ComputeBackend) => ComputeBackend['run']): SimulationOptions => ({
  wrapCompute: compute => ({ ...compute, run: run(compute) }),
})

const isCommit = (key: string): boolean => key.includes('/commits/')

const BUGS: Readonly<Record<string, SimulationOptions>> = {
  'a store that ignores ifAbsent': withStore(store => ({
    put: (key, body) => store.put(key, body),
  })),
  'a store that looks before it writes instead of writing on a condition': withStore(store => ({
    async put(key, body, options) {
      if (options?.ifAbsent && (await store.head(key)) !== undefined) return { created: false }
      return store.put(key, body)
    },
  })),
  'a store that tells every writer that it was first': withStore(store => ({
    async put(key, body, options) {
      const put = await store.put(key, body, options)
      return put.created ? put : { created: true, version: '' }
    },
  })),
  'a store that loses what it has confirmed': withStore(store => ({
    async put(key, body, options) {
      if (key.endsWith('.arrow')) return { created: true, version: '' }
      return store.put(key, body, options)
    },
  })),
  'a store that deletes nothing': withStore(() => ({ delete: async () => {} })),
  'a store whose listings end with their first page': withStore(store => ({
    async *list(prefix, options) {
      let left = 2
      for await (const info of store.list(prefix, options)) {
        if (left-- === 0) return
        yield info
      }
    },
  })),
  'a store that gives a damaged commit for a lost one': withStore(store => ({
    async get(key, ...rest) {
      const bytes = await store.get(key, ...rest)
      if (isCommit(key)) bytes[bytes.length - 1]! ^= 1
      return bytes
    },
  })),
  'a store that moves nothing': withStore(() => ({ move: async () => {} })),
  'a store that moves something else': withStore(store => ({
    async move(from, to, options) {
      const bytes = await store.get(from, undefined, options)
      await store.put(from, bytes.toReversed(), options)
      await store.move(from, to, options)
    },
  })),
  'a backend that answers well without running': withCompute(() => async event => {
    const stats = { rowsIn: 0, rowsOut: 0, bytesIn: 0, bytesOut: 0, spilledBytes: 0, gets: 0, puts: 0 }
    const more = { durationMs: 1, peakMemoryBytes: 0, invalidText: 0 }
    const { attempt, nonce, generation } = event
    const part = { key: 'none', rows: 0, bytes: 0, crc32: 0 }
    const counts = { exchangeRowsIn: 0, rowsOut: 0, schema: null, part, counters: {}, logs: [] }
    return {
      ok: true,
      attempt,
      nonce,
      generation,
      ...counts,
      stats: { ...stats, ...more },
    } satisfies TaskResult
  }),
  'a backend that forgets the rows that a task has read': withCompute(compute => async (event, options) => {
    const result = await compute.run(event, options)
    return result.ok ? { ...result, exchangeRowsIn: 0 } : result
  }),
  'a backend that says of a failed task that it has failed for good': withCompute(
    compute => async (event, options) => {
      const result = await compute.run(event, options)
      return result.ok ? result : { ok: false, failure: { ...result.failure, retryable: false } }
    },
  ),
  'a backend that never answers a second attempt': withCompute(
    compute => (event, options) => (event.attempt > 1 ? new Promise(() => {}) : compute.run(event, options)),
  ),
  'workers that have no nonce of their own': { wrapHex: digits => '0'.repeat(digits.length) },
  'a backend that gives every event to the next task': withCompute(
    compute => (event, options) =>
      compute.run(event.kind === 'task' ? { ...event, task: event.task ^ 1 } : event, options),
  ),
}

describe('a planted bug', () => {
  it.each(Object.keys(BUGS))(
    '%s',
    async name => {
      let found: string | undefined
      for (let seed = 1; seed <= MOST_SEEDS && found === undefined; seed++) {
        ;[found] = (await runOne(seed, BUGS[name]!)).findings
      }
      expect(found).toBeDefined()
    },
    60_000,
  )
})

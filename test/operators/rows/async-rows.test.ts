/** Row functions that return promises: order, window, errors, cancelling. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DunlinError } from '../../../operators/errors.ts'
import type { ChainSpec, RowStep } from '../../../operators/spec.ts'
import { batchesOf, Functions, INPUT, recordsIn, runChainAsync } from '../tree/run-chain.ts'

type Step = readonly [RowStep['kind'], (...args: never[]) => unknown]

interface Options {
  readonly concurrency?: number
  readonly waits?: boolean
  readonly signal?: AbortSignal
  readonly sizes?: readonly number[]
}

async function rowsOf(
  steps: readonly Step[],
  records: readonly unknown[],
  options: Options = {},
): Promise<unknown[]> {
  const functions = new Functions()
  const spec: ChainSpec = {
    op: 'rows',
    input: INPUT,
    steps: steps.map(([kind, fn]) => ({ kind, fn: functions.ref(fn) })),
  }
  const { concurrency = 4, waits = true, signal, sizes } = options
  const env = functions.env(signal === undefined ? {} : { signal })
  return recordsIn(await runChainAsync([spec], env, batchesOf(records, sizes), { concurrency, waits }))
}

/** Resolves after so many turns of the microtask queue: out of order, without a clock. */
async function turns(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await null
}

const errorOf = (work: Promise<unknown>): Promise<DunlinError> =>
  work.then(
    () => {
      throw new Error('nothing was thrown')
    },
    error => error as DunlinError,
  )

function noted<N, R>(notes: N[], note: N, result: R): R {
  notes.push(note)
  return result
}

describe('async row functions', () => {
  it('give their results in the order of the records, whatever order they settle in', async () => {
    const slowFirst = async (n: number) => {
      await turns(20 - n)
      return n * 2
    }
    const records = Array.from({ length: 20 }, (_, i) => i)
    expect(await rowsOf([['map', slowFirst]], records)).toEqual(records.map(n => n * 2))
  })

  it('are in flight up to the window, and never more', async () => {
    let now = 0
    let most = 0
    const counted = async (n: number) => {
      most = Math.max(most, ++now)
      await turns(n % 5)
      now--
      return n
    }
    const records = Array.from({ length: 100 }, (_, i) => i)
    await rowsOf(
      [
        ['map', counted],
        ['map', counted],
      ],
      records,
      { concurrency: 7 },
    )
    expect(most).toBe(7)
  })

  it('of several steps share the window, also where one record is made into many', async () => {
    let now = 0
    let most = 0
    const spread = async (n: number) => {
      most = Math.max(most, ++now)
      await turns(n % 7)
      now--
      return [n, n, n, n, n, n]
    }
    const counted = async (n: number) => {
      most = Math.max(most, ++now)
      await turns(n % 5)
      now--
      return n
    }
    const records = Array.from({ length: 60 }, (_, i) => i)
    const result = await rowsOf(
      [
        ['flatMap', spread],
        ['map', counted],
      ],
      records,
      { concurrency: 5 },
    )
    expect(result).toEqual(records.flatMap(n => [n, n, n, n, n, n]))
    expect(most).toBe(5)
  })

  it('are not launched further than the window ahead of the oldest that is unfinished', async () => {
    let release = () => {}
    const first = new Promise<void>(resolve => {
      release = resolve
    })
    let launched = 0
    const waitsForFirst = async (n: number) => {
      launched++
      if (n === 0) await first
      return n
    }
    const running = rowsOf(
      [['map', waitsForFirst]],
      Array.from({ length: 50 }, (_, i) => i),
      { concurrency: 5 },
    )
    await turns(500)
    expect(launched).toBe(5)
    release()
    expect(await running).toHaveLength(50)
  })

  it('bound what a flatMap behind a slow record makes', async () => {
    let release = () => {}
    const first = new Promise<void>(resolve => {
      release = resolve
    })
    let made = 0
    function* many(n: number) {
      for (let i = 0; i < 1000; i++) {
        made++
        yield { n, i }
      }
    }
    const slow = ({ n, i }: { n: number; i: number }) =>
      n === 0 && i === 0 ? first.then(() => ({ n, i })) : { n, i }
    const running = rowsOf(
      [
        ['flatMap', many],
        ['map', slow],
      ],
      [0, 1, 2],
      { concurrency: 4 },
    )
    await turns(500)
    expect(made).toBeLessThanOrEqual(5)
    release()
    expect(await running).toHaveLength(3000)
  })

  it('may return promises, async iterables and plain values from one function', async () => {
    const mixed = (n: number) => {
      if (n % 3 === 0) return [n, n]
      if (n % 3 === 1) return Promise.resolve(new Set([n]))
      return (async function* () {
        yield -n
        yield n
      })()
    }
    for (const waits of [true, false]) {
      expect(await rowsOf([['flatMap', mixed]], [0, 1, 2, 3], { waits })).toEqual([0, 0, 1, -2, 2, 3, 3])
    }
  })

  it('equal the array model, whatever returns a promise, where batches end and how many are in flight', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 }),
        fc.array(
          fc.record({
            kind: fc.constantFrom('map', 'flatMap', 'filter'),
            salt: fc.integer({ min: 1, max: 9 }),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        fc.constantFrom('never', 'sometimes', 'always'),
        async (records, plan, sizes, concurrency, waits, promises) => {
          const calls: number[][] = plan.map(() => [])
          const plain = plan.map(({ kind, salt }) => {
            if (kind === 'map') return (n: number) => n + salt
            if (kind === 'filter') return (n: number) => n % salt !== 1
            return (n: number) => Array.from({ length: (n + salt) % 4 }, (_, i) => n * 3 + i)
          })
          const steps = plan.map(
            ({ kind, salt }, k): Step => [
              kind as RowStep['kind'],
              (n: number) => {
                calls[k]!.push(n)
                const result = plain[k]!(n)
                const later = promises === 'always' || (promises === 'sometimes' && (n + salt) % 3 === 0)
                return later && kind !== 'filter' ? turns((n * 7) % 11).then(() => result) : result
              },
            ],
          )
          const expectedCalls: number[][] = []
          let expected: number[] = records
          for (const [k, { kind }] of plan.entries()) {
            expectedCalls.push(expected)
            if (kind === 'map') expected = expected.map(plain[k] as (n: number) => number)
            else if (kind === 'filter') expected = expected.filter(plain[k] as (n: number) => boolean)
            else expected = expected.flatMap(plain[k] as (n: number) => number[])
          }
          expect(await rowsOf(steps, records, { sizes, concurrency, waits })).toEqual(expected)
          expect(calls).toEqual(expectedCalls)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('that start to return promises in the middle of a row go on where the loop stood', async () => {
    const calls: string[] = []
    const spread = (n: number) => noted(calls, `spread ${n}`, [n, n + 1, n + 2])
    const late = (n: number) => noted(calls, `late ${n}`, n === 11 ? turns(3).then(() => n) : n)
    const result = await rowsOf(
      [
        ['flatMap', spread],
        ['map', late],
      ],
      [0, 10, 20],
      { waits: false, concurrency: 1 },
    )
    expect(result).toEqual([0, 1, 2, 10, 11, 12, 20, 21, 22])
    expect(calls).toEqual([
      'spread 0', 'late 0', 'late 1', 'late 2',
      'spread 10', 'late 10', 'late 11', 'late 12',
      'spread 20', 'late 20', 'late 21', 'late 22',
    ]) // biome-ignore format: one row a line
  })
})

describe('errors of async row functions', () => {
  it('are those of the earliest record, and leave no rejection unhandled', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listen)
    const fails = async (n: number) => {
      await turns(10 - n)
      if (n >= 3) throw new Error(`no ${n}`)
      return n
    }
    const error = await errorOf(rowsOf([['map', fails]], [0, 1, 2, 3, 4, 5, 6, 7], { concurrency: 8 }))
    expect(error).toMatchObject({
      code: 'USER_FUNCTION',
      message: 'Map fails threw on record 3: no 3',
      place: { operator: 'Map fails', record: '3' },
    })
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })

  it('wait for earlier records that are further down the chain', async () => {
    const first = (n: number) => {
      if (n === 1) throw new Error('first step')
      return n
    }
    const second = async (n: number) => {
      await turns(5)
      throw new Error(`second step ${n}`)
    }
    const error = await errorOf(
      rowsOf(
        [
          ['map', first],
          ['map', second],
        ],
        [0, 1, 2],
      ),
    )
    expect(error.message).toContain('second step 0')
  })

  it('refuse a promise of a string from flatMap', async () => {
    const error = await errorOf(rowsOf([['flatMap', async () => 'abc']], [1]))
    expect(error.message).toContain('returned a string, not an array')
  })

  it('are CANCELLED when the task is stopped, while promises hang', async () => {
    const abort = new AbortController()
    const running = errorOf(rowsOf([['map', () => new Promise(() => {})]], [1, 2], { signal: abort.signal }))
    await turns(5)
    abort.abort()
    expect(await running).toMatchObject({ code: 'CANCELLED' })
  })

  it('close the generators that are still open', async () => {
    let closed = false
    function* numbers() {
      try {
        for (let i = 0; ; i++) yield i
      } finally {
        closed = true
      }
    }
    const fails = async (n: number) => {
      if (n === 3) throw new Error('x')
      return n
    }
    await errorOf(
      rowsOf(
        [
          ['flatMap', numbers],
          ['map', fails],
        ],
        [1],
        { concurrency: 2 },
      ),
    )
    expect(closed).toBe(true)
  })
})

describe('mapBatches', () => {
  async function mapped(
    fn: (...args: never[]) => unknown,
    records: readonly unknown[],
    size: number,
    options: Options = {},
  ) {
    const functions = new Functions()
    const spec: ChainSpec = { op: 'mapBatches', input: INPUT, fn: functions.ref(fn, 'group'), size }
    const { concurrency = 3, waits = false, sizes } = options
    return recordsIn(
      await runChainAsync([spec], functions.env(), batchesOf(records, sizes), { concurrency, waits }),
    )
  }

  it('calls with exactly so many records, the last time with the rest, whatever the batches are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 13 }),
        fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom('never', 'sometimes', 'always'),
        fc.boolean(),
        async (count, size, sizes, promises, waits) => {
          const lengths: number[] = []
          const sum = (records: number[]) => {
            lengths.push(records.length)
            const result = [records.reduce((a, b) => a + b, 0)]
            const later = promises === 'always' || (promises === 'sometimes' && lengths.length % 2 === 0)
            return later ? turns(records[0]! % 7).then(() => result) : result
          }
          const records = Array.from({ length: count }, (_, i) => i)
          const groups = Array.from({ length: Math.ceil(count / size) }, (_, g) =>
            records.slice(g * size, (g + 1) * size),
          )
          expect(await mapped(sum, records, size, { sizes, waits })).toEqual(
            groups.map(group => group.reduce((a, b) => a + b, 0)),
          )
          expect(lengths).toEqual(groups.map(group => group.length))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('refuses what is not an array of records', async () => {
    const error = await errorOf(mapped(() => undefined, [1, 2], 2))
    expect(error.message).toBe('MapBatches group returned nothing, not an array, on record [1, 2]')
  })
})

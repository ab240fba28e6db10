/** Row functions: what they are called with and when, and what is said when they misbehave. */
import { describe, expect, it } from 'vitest'
import { DunlinError } from '../../../operators/errors.ts'
import type { RowStep } from '../../../operators/spec.ts'
import { batchesOf, Functions, INPUT, recordsIn, runChain } from '../tree/run-chain.ts'

type Step = readonly [RowStep['kind'], (...args: never[]) => unknown]

function rowsOf(steps: readonly Step[], records: readonly unknown[], sizes?: readonly number[]): unknown[] {
  const functions = new Functions()
  const spec = {
    op: 'rows' as const,
    input: INPUT,
    steps: steps.map(([kind, fn]) => ({ kind, fn: functions.ref(fn) })),
  }
  return recordsIn(runChain([spec], functions.env(), batchesOf(records, sizes)))
}

function errorOf(work: () => unknown): DunlinError {
  try {
    work()
  } catch (error) {
    if (error instanceof DunlinError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function noted<N, R>(notes: N[], note: N, result: R): R {
  notes.push(note)
  return result
}

describe('a chain of row functions', () => {
  it('maps, filters and flattens in order', () => {
    const result = rowsOf(
      [
        ['flatMap', (line: string) => line.split(' ')],
        ['filter', (word: string) => word.length > 1],
        ['map', (word: string) => ({ word, letters: word.length })],
      ],
      ['it was a', 'dark night'],
    )
    expect(result).toEqual([
      { word: 'it', letters: 2 },
      { word: 'was', letters: 3 },
      { word: 'dark', letters: 4 },
      { word: 'night', letters: 5 },
    ])
  })

  it('calls functions row by row through all steps, as lazy iteration does', () => {
    const calls: string[] = []
    const steps: Step[] = [
      ['map', (n: number) => noted(calls, `map ${n}`, n)],
      ['flatMap', (n: number) => noted(calls, `flatMap ${n}`, [n, n + 0.5])],
      ['filter', (n: number) => noted(calls, `filter ${n}`, true)],
    ]
    rowsOf(steps, [1, 2])
    expect(calls).toEqual([
      'map 1', 'flatMap 1', 'filter 1', 'filter 1.5',
      'map 2', 'flatMap 2', 'filter 2', 'filter 2.5',
    ]) // biome-ignore format: one row of calls a line
  })

  it('gives the task to every function as its last argument', () => {
    const seen: unknown[] = []
    rowsOf([['map', (n: number, task: { index: number }) => noted(seen, task.index, n)]], [1])
    expect(seen).toEqual([0])
  })

  it('takes any iterable from flatMap, nested ones too', () => {
    const result = rowsOf(
      [
        ['flatMap', (n: number) => new Set([n, n, n + 1])],
        ['flatMap', function* (n: number) { yield n; yield -n }], // biome-ignore format: short
        ['filter', (n: number) => n !== -2],
      ],
      [1, 5],
    )
    expect(result).toEqual([1, -1, 2, 5, -5, 6, -6])
  })

  it('filters by truthiness', () => {
    expect(rowsOf([['filter', (n: number) => n]], [0, 1, Number.NaN, 2])).toEqual([1, 2])
    expect(rowsOf([['filter', (s: string) => s]], ['', 'a'])).toEqual(['a'])
  })

  it('gives the same whatever the batches are', () => {
    const steps: Step[] = [['flatMap', (n: number) => Array.from({ length: n % 4 }, (_, i) => n + i)]]
    const records = Array.from({ length: 50 }, (_, i) => i)
    expect(rowsOf(steps, records, [1])).toEqual(rowsOf(steps, records))
    expect(rowsOf(steps, records, [3, 7])).toEqual(rowsOf(steps, records))
  })
})

describe('errors of row functions', () => {
  it('say which function threw, on which record, and where it stands', () => {
    const boom = new RangeError('boom')
    const parseLine = (line: string) => {
      if (line === 'bad') throw boom
      return line
    }
    const error = errorOf(() =>
      rowsOf(
        [
          ['filter', () => true],
          ['map', parseLine],
        ],
        ['good', 'bad'],
      ),
    )
    expect(error.message).toBe('Map parseLine threw on record "bad": boom')
    expect(error).toMatchObject({
      code: 'USER_FUNCTION',
      retryable: true,
      cause: boom,
      place: { operator: 'Map parseLine', record: '"bad"', at: 'job.ts:1' },
    })
  })

  it.each([
    ['a string', 'no', 'threw on record 1: no'],
    ['undefined', undefined, 'threw on record 1: undefined'],
    ['an object', { a: 1n, b: 'x' }, 'threw on record 1: { a: "1n", b: "x" }'],
    ['an error without a message', new TypeError(), 'threw on record 1: TypeError'],
  ])('are told for %s that was thrown', (_, thrown, text) => {
    const error = errorOf(
      () =>
      rowsOf([['map', () => { throw thrown }]], [1]), // biome-ignore format: short
    )
    expect(error.message).toContain(text)
    expect(error.cause).toBe(thrown)
  })

  it('name the record that the failing step was given, not the first', () => {
    const steps: Step[] = [
      ['flatMap', (n: number) => [n, n * 10]],
      ['map', (n: number) => { if (n === 20) throw new Error('x'); return n }], // biome-ignore format: short
    ]
    expect(errorOf(() => rowsOf(steps, [1, 2])).place.record).toBe('20')
  })

  it.each([
    ['a string', 'abc', 'FlatMap spread returned a string, not an array, on record 1'],
    ['null', null, 'FlatMap spread returned null, not an array, on record 1'],
    ['nothing', undefined, 'FlatMap spread returned nothing, not an array, on record 1'],
    ['an object', {}, 'FlatMap spread returned an object, not an array, on record 1'],
  ])('refuse %s from flatMap', (_, result, message) => {
    const spread = () => result
    const error = errorOf(() => rowsOf([['flatMap', spread]], [1]))
    expect(error).toMatchObject({ code: 'USER_FUNCTION', message, retryable: false })
    expect(error.hint).toContain('Return an array')
  })

  it('refuse a promise from a filter, and leave no rejection behind', () => {
    const isGood = () => Promise.reject(new Error('later'))
    const error = errorOf(() => rowsOf([['filter', isGood]], [1]))
    expect(error.message).toBe('Filter isGood returned a promise, which would always be truthy, on record 1')
  })

  it('let generators run their finally', () => {
    let closed = 0
    function* numbers(n: number) {
      try {
        yield n
        yield n + 1
      } finally {
        closed++
      }
    }
    const fail = () => {
      throw new Error('x')
    }
    errorOf(() =>
      rowsOf(
        [
          ['flatMap', numbers],
          ['map', fail],
        ],
        [1],
      ),
    )
    expect(closed).toBe(1)
  })

  it('are of the generator when the generator throws between two records', () => {
    // biome-ignore format: short
    function* numbers(n: number) { yield n; throw new Error('empty') }
    const error = errorOf(() =>
      rowsOf(
        [
          ['flatMap', numbers],
          ['map', (n: number) => n],
        ],
        [7],
      ),
    )
    expect(error.message).toBe('FlatMap numbers threw on record 7: empty')
  })

  it('leave errors about the records themselves as they are', () => {
    const mixed = (n: number) => (n === 2 ? 'two' : n)
    const error = errorOf(() => rowsOf([['map', mixed]], [1, 2]))
    expect(error).toMatchObject({ code: 'TYPE_MISMATCH', place: { operator: 'Map mixed' } })
  })

  it('name a promise where none can be awaited', () => {
    const later = async (n: number) => n
    const error = errorOf(() => rowsOf([['map', later]], [1]))
    expect(error).toMatchObject({ code: 'USER_FUNCTION', hint: 'Declare the function `async`.' })
  })
})

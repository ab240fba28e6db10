/** Joins past their budget: divided, divided again, read again and again; and nothing left behind. */
import { describe, expect, test } from 'vitest'
import { BATCH_BYTES, BATCH_ROWS, type Batch } from '../../../operators/batch/batch.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import { HashJoin } from '../../../operators/join/hash-join.ts'
import type { Run, RunWriter } from '../../../operators/operator.ts'
import type { JoinHow } from '../../../operators/spec.ts'
import { batchesOf } from '../batch/batch-of.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'
import { collidingNumbers } from './colliding-numbers.ts'
import { modelJoin, type Row } from './join-model.ts'
import { runJoin, specOf } from './run-join.ts'

const HOWS: readonly JoinHow[] = ['inner', 'left', 'right', 'full', 'semi', 'anti']
const BUILDS = ['left', 'right'] as const

/** Counts how often runs are read, and fails at the n-th thing it is asked for. */
class WatchedRuns extends MemoryRuns {
  mostReads = 0
  asked = 0
  readonly #failAt: number

  constructor(failAt = Number.POSITIVE_INFINITY) {
    super()
    this.#failAt = failAt
  }

  override async open(): Promise<RunWriter> {
    this.#ask()
    const writer = await super.open()
    return {
      ...writer,
      write: async batch => {
        this.#ask()
        await writer.write(batch)
      },
      close: async () => {
        this.#ask()
        return (await writer.close()).map(run => this.#watched(run))
      },
    }
  }

  #watched(run: Run): Run {
    let reads = 0
    const watched = this
    return {
      ...run,
      async *batches() {
        watched.mostReads = Math.max(watched.mostReads, ++reads)
        for await (const batch of run.batches()) {
          watched.#ask()
          yield batch
        }
      },
    }
  }

  #ask(): void {
    if (++this.asked === this.#failAt) throw new Error('no space')
  }
}

async function joinWith(
  runs: MemoryRuns,
  options: { how: JoinHow; build: 'left' | 'right'; budgetBytes: number },
  inputs: readonly [readonly Batch[], readonly Batch[]],
  emit: (batch: Batch) => void | Promise<void> = () => undefined,
): Promise<void> {
  const { how, build, budgetBytes } = options
  const join = new HashJoin({
    spec: specOf(how, 'k', { build }),
    operator: 'Join',
    env: { budgetBytes, runs },
  })
  try {
    for (const input of join.order) {
      for (const batch of inputs[input]!) await join.push(input, batch, emit)
      await join.end(input, emit)
    }
  } finally {
    await join.close()
  }
}

const rowsOf = (length: number, row: (i: number) => Row): Row[] => Array.from({ length }, (_, i) => row(i))
const text = (n: number): string => `key ${n} ${'é'.repeat(n % 5)}`

describe('a join past its budget', () => {
  const left = rowsOf(1500, i => ({ k: i % 17 === 0 ? null : text((i * 7) % 1250), a: i }))
  const right = rowsOf(1300, i => ({ k: i % 19 === 0 ? null : text((i * 11) % 1400), b: i }))
  const inputs = [batchesOf(left, 300), batchesOf(right, 300)] as const

  test.each(HOWS.flatMap(how => BUILDS.map(build => [how, build] as const)))(
    '%s with the %s built: divides again and again, and gives the same rows in the same order',
    async (how, build) => {
      const spec = specOf(how, 'k', { build })
      const expected = modelJoin(spec, left, right)
      const once = await runJoin(spec, inputs, 40_000)
      expect(once.records).toEqual(expected)
      expect(once.runs.runs).toBeGreaterThan(0)
      const again = await runJoin(spec, inputs, 5_000)
      expect(again.records).toEqual(expected)
      // Rows of both sides and of results are written once more at each further level.
      expect(again.runs.rows).toBeGreaterThan(1.6 * once.runs.rows)
    },
  )

  test('takes other bits of the hash for each division, so that nothing is read twice', async () => {
    const runs = new WatchedRuns()
    await joinWith(runs, { how: 'inner', build: 'right', budgetBytes: 5_000 }, inputs)
    expect(runs.mostReads).toBe(1)
  })

  test('reads what does not fit of one hot key again for each streamed row of it', async () => {
    const hot = (rows: number, column: string) => rowsOf(rows, i => ({ k: i % 4 === 1 ? i : 7, [column]: i }))
    const left = hot(60, 'a')
    const right = hot(800, 'b')
    for (const how of HOWS) {
      const spec = specOf(how, 'k')
      const { records } = await runJoin(spec, [batchesOf(left, 7), batchesOf(right, 50)], 2_000)
      expect(records).toEqual(modelJoin(spec, left, right))
    }
    const runs = new WatchedRuns()
    await joinWith(runs, { how: 'inner', build: 'right', budgetBytes: 2_000 }, [
      batchesOf(left, 7),
      batchesOf(right, 50),
    ])
    expect(runs.mostReads).toBe(45)
    // A key that no division would make smaller is taken apart at once, not divided again and again.
    expect(runs.objects).toBeLessThan(200)
  })

  test('keeps keys apart that were made up to share one hash, and so cannot be divided', async () => {
    const [a, b, c] = collidingNumbers(3)
    const left = [{ k: a }, { k: c }, { k: b }, { k: a }]
    const right = rowsOf(90, i => ({ k: i === 0 ? a : b, b: i }))
    for (const how of HOWS) {
      const spec = specOf(how, 'k')
      const { records } = await runJoin(spec, [batchesOf(left, 3), batchesOf(right, 10)], 300)
      expect(records).toEqual(modelJoin(spec, left, right))
    }
  })

  test('holds one row of a key where no more is needed', async () => {
    const many = rowsOf(200_000, i => ({ k: i % 10, b: i }))
    const { records, runs } = await runJoin(
      specOf('semi', 'k'),
      [batchesOf([{ k: 3 }, { k: 30 }], 1), batchesOf(many, 20_000)],
      700_000,
    )
    expect(records).toEqual([{ k: 3 }])
    expect(runs.objects).toBe(0)
  })

  test('without keys reads what does not fit again for each streamed row', async () => {
    const a = rowsOf(20, i => ({ a: i }))
    const b = rowsOf(300, i => ({ b: text(i) }))
    for (const build of BUILDS) {
      const spec = specOf('cross', [], { build })
      const { records, runs } = await runJoin(spec, [batchesOf(a, 6), batchesOf(b, 40)], 500)
      expect(records).toEqual(modelJoin(spec, a, b))
      expect(runs.objects).toBe(1)
    }
  })

  test('leaves nothing behind when the store or the receiver fails, whenever that is', async () => {
    const options = { how: 'full', build: 'left', budgetBytes: 8_000 } as const
    const few = [inputs[0].slice(0, 3), inputs[1].slice(0, 3)] as const
    const whole = new WatchedRuns()
    await joinWith(whole, options, few)
    expect(whole.asked).toBeGreaterThan(100)
    for (let failAt = 1; failAt <= whole.asked; failAt += 11) {
      const runs = new WatchedRuns(failAt)
      await expect(joinWith(runs, options, few)).rejects.toThrow('no space')
      expect(runs.live).toBe(0)
    }
    for (const budgetBytes of [8_000, Number.POSITIVE_INFINITY]) {
      const runs = new MemoryRuns()
      const refuse = () => Promise.reject(new Error('enough'))
      await expect(joinWith(runs, { ...options, budgetBytes }, few, refuse)).rejects.toThrow('enough')
      expect(runs.live).toBe(0)
    }
  })
})

describe('the batches of a result', () => {
  test.each(BUILDS)('are bounded in rows, with the %s built and a million matches', async build => {
    const many = batchesOf(
      rowsOf(1_000_000, i => ({ k: 1, b: i })),
      50_000,
    )
    let rows = 0
    let most = 0
    await runJoin(
      specOf('inner', 'k', { build }),
      [batchesOf([{ k: 1, a: 'x' }], 1), many],
      Number.POSITIVE_INFINITY,
      batch => {
        rows += batch.length
        most = Math.max(most, batch.length)
      },
    )
    expect(rows).toBe(1_000_000)
    expect(most).toBeLessThanOrEqual(BATCH_ROWS)
  })

  test('are bounded in bytes, though one row is large', async () => {
    const wide = { k: 1, a: ['x'.repeat(100_000)], c: 'y'.repeat(100_000) }
    const few = rowsOf(150, i => ({ k: 1, b: i }))
    for (const how of ['inner', 'full'] as const) {
      const { batches } = await runJoin(specOf(how, 'k'), [batchesOf([wide], 1), batchesOf(few, 40)])
      expect(batches.reduce((sum, batch) => sum + batch.length, 0)).toBe(150)
      for (const batch of batches) expect(batchBytes(batch)).toBeLessThan(BATCH_BYTES + 300_000)
    }
  })

  test.each([5_000, Number.POSITIVE_INFINITY])(
    'are given one after another, with budget %d',
    async budget => {
      let giving = 0
      const inputs = [
        batchesOf(
          rowsOf(400, i => ({ k: i % 9, a: i })),
          50,
        ),
        batchesOf(
          rowsOf(900, i => ({ k: i % 9, b: i })),
          50,
        ),
      ] as const
      const { batches } = await runJoin(specOf('full', 'k'), inputs, budget, async () => {
        expect(++giving).toBe(1)
        await new Promise(resolve => setImmediate(resolve))
        giving--
      })
      expect(batches.reduce((sum, batch) => sum + batch.length, 0)).toBe(40_000)
    },
  )
})

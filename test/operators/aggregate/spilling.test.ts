/** Aggregations past their budget: how far they divide, what they hold, and what they leave behind. */
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { batchBytes } from '../../../operators/batch/size.ts'
import type { RunStore } from '../../../operators/operator.ts'
import type { AggregationSpec } from '../../../operators/spec.ts'
import { MemoryRuns } from '../spill/memory-runs.ts'
import { batchesOf, Functions, recordsIn } from '../tree/run-chain.ts'
import { broken, bytesOf, finalAggregate, type RunSpec, statesOf } from './run-aggregate.ts'

const byWord = (aggregations: Record<string, AggregationSpec>): RunSpec => ({
  phase: 'complete',
  shape: 'object',
  keys: [{ kind: 'column', column: 'value', as: 'value' }],
  aggregations: Object.entries(aggregations).map(([as, spec]) => ({ as, spec })),
})

const COUNT = byWord({ n: { op: 'count' } })

/** States of `tasks` tasks, each of all words of so many. */
const statesOfWords = (spec: RunSpec, functions: Functions, words: number, tasks: number): Batch[] => {
  const all = Array.from({ length: words }, (_, i) => `word number ${(i * 7919) % words}`)
  return Array.from({ length: tasks }, (_, task) =>
    statesOf(spec, functions, batchesOf(all.slice(task * 10).concat(all.slice(0, task * 10)), [4000])),
  ).flat()
}

/** Lists that grow by a state each time: ids of a group, or its records. */
function lists(functions: Functions, merge = (a: unknown[], b: unknown[]) => [...a, ...b]): AggregationSpec {
  return {
    op: 'user',
    init: functions.ref(() => [], 'init'),
    add: functions.ref((list: unknown[], record: unknown) => [...list, record], 'add'),
    merge: functions.ref(merge, 'merge'),
    finish: functions.ref((list: unknown[]) => list.length, 'finish'),
  }
}

describe('an aggregation past its budget', () => {
  it('divides what is still too large again, on other bits of the hash', async () => {
    const words = 2500
    const states = statesOfWords(COUNT, new Functions(), words, 2)
    const runs = new MemoryRuns()
    const final = finalAggregate(COUNT, new Functions(), { budgetBytes: 2000, runs })
    const given = await broken(final, states)
    expect(bytesOf(given).equals(bytesOf(await broken(finalAggregate(COUNT, new Functions()), states)))).toBe(
      true,
    )
    expect(given.reduce((rows, batch) => rows + batch.length, 0)).toBe(words)
    // A level writes each row of states once at most, and each result: so many rows take three levels.
    expect(runs.rows).toBeGreaterThan(2 * (2 * words + words))
    expect(runs.live).toBe(0)
  })

  it('holds no more than its budget, and a piece', async () => {
    const budgetBytes = 1 << 20
    const functions = new Functions()
    const spec = byWord({ n: { op: 'count' }, longest: { op: 'max', column: 'value' } })
    const states = statesOfWords(spec, functions, 60_000, 2)
    expect(states.reduce((bytes, batch) => bytes + batchBytes(batch), 0)).toBeGreaterThan(4 * budgetBytes)
    let most = 0
    const look = () => {
      most = Math.max(most, final.sizeBytes)
    }
    const kept = new MemoryRuns()
    const final = finalAggregate(spec, functions, { budgetBytes, runs: watched(kept, look) })
    const given: Batch[] = []
    for (const batch of states) {
      await final.push(0, batch)
      look()
    }
    await final.end(0, batch => {
      look()
      given.push(batch)
    })
    await final.close()
    expect(given.reduce((rows, batch) => rows + batch.length, 0)).toBe(60_000)
    expect(most).toBeLessThan(budgetBytes * 1.1)
    expect(most).toBeGreaterThan(budgetBytes / 2)
    expect(kept.live).toBe(0)
  })

  it('takes a batch of states that is much larger than the budget in pieces', async () => {
    const states = statesOf(
      COUNT,
      new Functions(),
      batchesOf(
        Array.from({ length: 50_000 }, (_, i) => `w${i}`),
        [50_000],
      ),
    )
    expect(states).toHaveLength(1)
    const final = finalAggregate(COUNT, new Functions(), { budgetBytes: 100_000 })
    await final.push(0, states[0]!)
    expect(final.sizeBytes).toBeLessThan(110_000)
    await final.close()
  })

  it('holds a single group, however large its state is', async () => {
    const functions = new Functions()
    const spec = byWord({ all: lists(functions) })
    const words = Array.from({ length: 900 }, (_, i) => (i % 300 === 299 ? `rare ${i}` : 'the'))
    const states = Array.from({ length: 30 }, (_, task) =>
      statesOf(spec, functions, batchesOf(words.slice(task * 30, task * 30 + 30))),
    ).flat()
    const runs = new MemoryRuns()
    const given = await broken(finalAggregate(spec, functions, { budgetBytes: 2000, runs }), states)
    expect(recordsIn(given)).toEqual([
      { value: 'the', all: 897 },
      { value: 'rare 299', all: 1 },
      { value: 'rare 599', all: 1 },
      { value: 'rare 899', all: 1 },
    ])
    expect(runs.live).toBe(0)

    const global = { ...spec, keys: [] }
    const parts = Array.from({ length: 30 }, () => statesOf(global, functions, batchesOf(words))).flat()
    const none = new MemoryRuns()
    const all = await broken(finalAggregate(global, functions, { budgetBytes: 2000, runs: none }), parts)
    expect(recordsIn(all)).toEqual([{ all: 27_000 }])
    expect(none.objects).toBe(0)
  })

  it('waits with dividing where a sum of integers is out of range for a while', async () => {
    const spec: RunSpec = {
      phase: 'complete',
      shape: 'object',
      keys: [{ kind: 'column', column: 'k', as: 'k' }],
      aggregations: [{ as: 'sum', spec: { op: 'sum', column: 'n' } }],
    }
    const big = 2n ** 62n
    const rows = [
      { k: 'a', n: big },
      { k: 'a', n: big },
      ...Array.from({ length: 50 }, (_, i) => ({ k: `other ${i}`, n: BigInt(i) })),
      { k: 'a', n: -big },
      ...Array.from({ length: 50 }, (_, i) => ({ k: `more ${i}`, n: BigInt(i) })),
    ]
    // A task each: none of them is out of range.
    const states = rows.flatMap(row => statesOf(spec, new Functions(), batchesOf([row])))
    const runs = new MemoryRuns()
    const given = await broken(finalAggregate(spec, new Functions(), { budgetBytes: 1000, runs }), states)
    expect(runs.objects).toBeGreaterThan(0)
    expect(recordsIn(given)[0]).toEqual({ k: 'a', sum: big })
    expect(given.reduce((all, batch) => all + batch.length, 0)).toBe(101)
  })

  it('says TOO_LARGE of a sum that stays out of range, within a budget, too', async () => {
    const spec: RunSpec = {
      phase: 'complete',
      shape: 'object',
      keys: [{ kind: 'column', column: 'k', as: 'k' }],
      aggregations: [{ as: 'sum', spec: { op: 'sum', column: 'n' } }],
    }
    const rows = Array.from({ length: 90 }, (_, i) => ({ k: i % 30, n: i % 30 === 7 ? 2n ** 62n : 1n }))
    const states = rows.flatMap(row => statesOf(spec, new Functions(), batchesOf([row])))
    for (const budgetBytes of [600, Number.POSITIVE_INFINITY]) {
      const runs = new MemoryRuns()
      const final = finalAggregate(spec, new Functions(), { budgetBytes, runs })
      await expect(broken(final, states)).rejects.toMatchObject({ code: 'TOO_LARGE' })
      expect(runs.live).toBe(0)
    }
  })

  it('leaves no run behind where a user function or the receiver throws, or nobody asks for the end', async () => {
    let calls = 0
    let failAt = Number.POSITIVE_INFINITY
    const functions = new Functions()
    const merge = (a: unknown[], b: unknown[]) => {
      if (++calls === failAt) throw new Error('boom')
      return [...a, ...b]
    }
    const spec = byWord({ all: lists(functions, merge) })
    const states = statesOfWords(spec, functions, 250, 3)
    const run = (runs: MemoryRuns, emit?: () => void) =>
      broken(finalAggregate(spec, functions, { budgetBytes: 5000, runs }), states, emit)
    const whole = new MemoryRuns()
    await run(whole)
    expect(whole.objects).toBeGreaterThan(20)
    const all = calls
    for (const at of [1, 0.3, 0.6, 0.9, 0.999].map(part => Math.max(1, Math.floor(all * part)))) {
      calls = 0
      failAt = at
      const runs = new MemoryRuns()
      await expect(run(runs)).rejects.toThrow('merge of "all" threw')
      expect(runs.live).toBe(0)
    }
    failAt = Number.POSITIVE_INFINITY
    const runs = new MemoryRuns()
    const failing = run(runs, () => {
      throw new Error('no room')
    })
    await expect(failing).rejects.toThrow('no room')
    expect(runs.live).toBe(0)

    const left = finalAggregate(spec, functions, { budgetBytes: 8000, runs })
    for (const batch of states) await left.push(0, batch)
    expect(runs.live).toBeGreaterThan(0)
    await left.close()
    expect(runs.live).toBe(0)
  })
})

/** Calls `look` at each write. */
const watched = (runs: MemoryRuns, look: () => void): RunStore => ({
  open: async () => {
    const writer = await runs.open()
    return {
      ...writer,
      write: batch => {
        look()
        return writer.write(batch)
      },
    }
  },
})

/** The table of a join: keys of every type, and keys that were made up to meet in one slot. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../operators/batch/batch.ts'
import { keysOf } from '../../../operators/join/join-keys.ts'
import { joinPlan } from '../../../operators/join/join-plan.ts'
import { JoinTable } from '../../../operators/join/join-table.ts'
import { objects } from '../batch/arbitrary-records.ts'
import { batchOf } from '../batch/batch-of.ts'
import { collidingNumbers } from './colliding-numbers.ts'
import { keyText, type Row } from './join-model.ts'
import { type Spec, specOf } from './run-join.ts'

const planOf = (on: Spec['on'], nullsEqual: boolean) =>
  joinPlan(specOf('inner', on, { nullsEqual }), 'Join test')

/** The rows that the table has for each row of the batch. */
function matchesOf(built: Batch, streamed: Batch, on: Spec['on'], nullsEqual: boolean): number[][] {
  const plan = planOf(on, nullsEqual)
  const table = new JoinTable(keysOf(built, plan, 1), plan)
  return Array.from(table.find(keysOf(streamed, plan, 0)), first => {
    const rows: number[] = []
    for (let row = first; row >= 0; row = table.next[row]!) rows.push(row)
    return rows
  })
}

describe('the table of a join', () => {
  test('finds the rows whose keys are equal, in their order, for columns of any types', () => {
    fc.assert(
      fc.property(objects, fc.boolean(), fc.nat(), (records, nullsEqual, seed) => {
        fc.pre(records.length > 1)
        const rows = records as Row[]
        // Both of one inference, so that the columns can be compared.
        const all = batchOf(rows)
        const names = all.schema.fields.map(field => field.name)
        fc.pre(names.length > 0)
        const shuffled = rows.map((_, i) => rows[(i * 7 + seed) % rows.length]!)
        const built = batchOf(shuffled, all.schema)
        const own = (row: Row, name: string): unknown => (Object.hasOwn(row, name) ? row[name] : null)
        for (const keys of [names, names.slice(0, 1), names.slice(-1)]) {
          const on = keys.map(name => ({ left: name, right: name }))
          const text = (row: Row): string => keys.map(name => keyText(own(row, name))).join('|')
          const isNull = (row: Row): boolean => keys.some(name => (own(row, name) ?? null) === null)
          const expected = rows.map(row =>
            shuffled.flatMap((other, i) =>
              text(row) === text(other) && (nullsEqual || !isNull(row)) ? [i] : [],
            ),
          )
          expect(matchesOf(built, all, on, nullsEqual)).toEqual(expected)
        }
      }),
    )
  })

  test('has no rows that can match nothing', () => {
    const batch = batchOf([{ k: null }, { k: 1 }, { k: null }, { k: 1 }, { k: 2 }])
    const on = [{ left: 'k', right: 'k' }]
    const firstRows = (nullsEqual: boolean): number[] => {
      const plan = planOf(on, nullsEqual)
      return [...new JoinTable(keysOf(batch, plan, 1), plan).firstRows()]
    }
    expect(firstRows(false)).toEqual([1, 4])
    expect(firstRows(true)).toEqual([0, 1, 4])
  })

  test('has a fixed price for keys that were made up to share one hash', () => {
    const count = 80_000
    const values = collidingNumbers(count)
    const batch: Batch = {
      schema: { shape: 'object', fields: [{ name: 'k', type: { kind: 'number', width: 'float64' } }] },
      length: count,
      columns: [
        { type: { kind: 'number', width: 'float64' }, length: count, nullCount: 0, validity: null, values },
      ],
    }
    const on = [{ left: 'k', right: 'k' }]
    const hashes = keysOf(batch, planOf(on, false), 0).hashes
    expect(new Set(hashes).size).toBe(1)
    // Quadratic, this would take minutes.
    const ones = matchesOf(batch, batch, on, false)
    expect(ones.every((rows, i) => rows.length === 1 && rows[0] === i)).toBe(true)
    const twice = [...on, { left: 'k', right: 'k' }]
    expect(matchesOf(batch, batch, twice, true).every((rows, i) => rows.length === 1 && rows[0] === i)).toBe(
      true,
    )
    const plan = planOf(on, false)
    const first = new JoinTable(keysOf(batch, plan, 1), plan).firstRows()
    expect(first.every((row, i) => row === i)).toBe(true)
    expect(first.length).toBe(count)
  })
})

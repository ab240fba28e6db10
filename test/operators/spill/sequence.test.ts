/** Numbered rows: the column of numbers on records of every shape, and back. */
import { describe, expect, it } from 'vitest'
import { castBatch } from '../../../operators/batch/cast.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { recordsOf } from '../../../operators/batch/records.ts'
import { unifySchemas } from '../../../operators/batch/schema.ts'
import { SEQUENCE, sequenceOf, withoutSequence, withSequence } from '../../../operators/spill/sequence.ts'
import { batchOf } from '../batch/batch-of.ts'

describe('numbered rows', () => {
  it.each([
    ['objects', [{ a: 1 }, { a: null }]],
    [
      'pairs',
      [
        ['x', 1],
        ['y', 2],
      ],
    ],
    ['scalars', ['x', 'y']],
  ])('are the %s they were once the numbers are gone', (_, records) => {
    const batch = batchOf(records)
    const numbered = withSequence(batch, Float64Array.of(7, 9))
    expect(numbered.schema.fields.at(-1)!.name).toBe(SEQUENCE)
    expect([...sequenceOf(numbered)]).toEqual([7, 9])
    const bare = withoutSequence(numbered)
    expect(bare.batch).toEqual(batch)
    expect([...bare.sequence]).toEqual([7, 9])
  })

  it('of fixed length keep the place of their key', () => {
    const schema: Schema = {
      shape: 'record',
      key: [1, 2],
      fields: [{ name: 'value', type: { kind: 'fixedBinary', byteLength: 4 } }],
    }
    const bytes = Uint8Array.of(1, 2, 3, 4)
    const column = { type: schema.fields[0]!.type, length: 1, nullCount: 0, validity: null, bytes } as const
    const batch = { schema, length: 1, columns: [column as never] }
    const numbered = withSequence(batch, Float64Array.of(0))
    expect(numbered.schema.key).toEqual([1, 2])
    expect(withoutSequence(numbered).batch).toEqual(batch)
  })

  it('lose their numbers wherever the column went when schemas met', () => {
    const early = withSequence(batchOf([{ a: 1 }]), Float64Array.of(0))
    const late = withSequence(batchOf([{ a: 2, b: 'x' }]), Float64Array.of(1))
    const schema = unifySchemas(early.schema, late.schema)!
    expect(schema.fields.map(field => field.name)).toEqual(['a', SEQUENCE, 'b'])
    const bare = withoutSequence(castBatch(late, schema))
    expect(recordsOf(bare.batch)).toEqual([{ a: 2, b: 'x' }])
    expect([...bare.sequence]).toEqual([1])
  })

  it('give as many numbers as rows, though the array is longer', () => {
    expect(sequenceOf(withSequence(batchOf([{ a: 1 }]), Float64Array.of(5, 6)))).toEqual(Float64Array.of(5))
  })

  it('cannot be numbered twice, nor be without numbers', () => {
    const batch = batchOf([{ a: 1 }])
    const numbered = withSequence(batch, Float64Array.of(0))
    expect(() => withSequence(numbered, Float64Array.of(0))).toThrow('a column is called "\\u0000sequence"')
    expect(() => withoutSequence(batch)).toThrow('not')
  })
})

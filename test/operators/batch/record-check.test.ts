/** A record is refused by itself exactly where a builder of its own would refuse it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../../operators/batch/batch-builder.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'
import { RecordCheck } from '../../../operators/batch/record-check.ts'
import { DunlinError } from '../../../operators/errors.ts'

class Money {
  readonly cents = 5
}

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true, maxDepth: 3 }),
  fc.constantFrom<unknown>('\ud800', new Money(), () => 1, Symbol('s'), 2n ** 64n, new Date(Number.NaN)),
)
const record = fc.oneof(
  value,
  fc.tuple(value, value),
  fc.dictionary(fc.oneof(fc.string(), fc.constant('\udc00')), value, { maxKeys: 3 }),
)

function refusedAlone(one: unknown, schema?: Schema): string | null {
  try {
    new BatchBuilder({ operator: 'Test', ...(schema === undefined ? {} : { schema }) }).add(one)
    return null
  } catch (error) {
    return error instanceof DunlinError ? `${error.code} ${error.message}` : String(error)
  }
}

function refusals(check: RecordCheck, records: readonly unknown[]): (string | null)[] {
  return records.map(one => {
    const refusal = check.refusal(one)
    if (refusal === null) return null
    return refusal instanceof DunlinError ? `${refusal.code} ${refusal.message}` : String(refusal)
  })
}

describe('a check', () => {
  it('refuses what no builder takes, in its words, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 10 }), records => {
        const check = new RecordCheck({ operator: 'Test' })
        expect(refusals(check, records)).toEqual(records.map(one => refusedAlone(one)))
      }),
      { numRuns: 1000 },
    )
  })

  it('takes records that do not go together: neither is bad by itself', () => {
    const check = new RecordCheck({ operator: 'Test' })
    expect(refusals(check, [1, 'x', { a: [1] }, { a: ['x'] }, [1, 2]])).toEqual([
      null,
      null,
      null,
      null,
      null,
    ])
  })

  it('refuses what is not of the declared schema', () => {
    const schema: Schema = {
      shape: 'object',
      fields: [{ name: 'n', type: { kind: 'number', width: 'float64' } }],
    }
    fc.assert(
      fc.property(fc.array(fc.oneof(record, fc.record({ n: fc.double() })), { maxLength: 10 }), records => {
        const check = new RecordCheck({ operator: 'Test', schema })
        expect(refusals(check, records)).toEqual(records.map(one => refusedAlone(one, schema)))
      }),
      { numRuns: 500 },
    )
  })

  it('gives what a getter of the record throws', () => {
    const check = new RecordCheck({ operator: 'Test' })
    const trap = {
      get a(): never {
        throw new Error('do not look')
      },
    }
    expect(check.refusal(trap)).toEqual(new Error('do not look'))
  })
})

/** Arbitrary sort keys over the columns of a dataset, one that it lacks among them, and datasets with many ties. */
import fc from 'fast-check'
import type { SortKeySpec } from '../../../operators/spec.ts'
import { type Dataset, datasets } from '../batch/arbitrary-records.ts'

const key = (column: fc.Arbitrary<string>): fc.Arbitrary<SortKeySpec> =>
  fc.record({
    column,
    direction: fc.constantFrom('asc', 'desc'),
    nulls: fc.constantFrom('first', 'last'),
  })

/** The names that `columnNamed` knows of a dataset's batches. */
export function columnsOf(records: Dataset): string[] {
  const first = records.find(record => record !== null && record !== undefined)
  if (Array.isArray(first)) return ['key', 'value']
  if (typeof first !== 'object' || Object.getPrototypeOf(first) !== Object.prototype) return ['value']
  return [...new Set(records.flatMap(record => Object.keys(record as object)))]
}

/** A dataset of which rows are often repeated, and up to three keys of its columns. */
export const keyedDatasets: fc.Arbitrary<{ records: Dataset; keys: SortKeySpec[] }> = datasets
  .filter(records => columnsOf(records).length > 0)
  .chain(records =>
    fc.record({
      records: fc
        .array(fc.nat({ max: Math.max(0, records.length - 1) }), { maxLength: 2 * records.length })
        .map(rows => [...records, ...rows.map(row => records[row])]),
      keys: fc.array(key(fc.constantFrom(...columnsOf(records))), { minLength: 1, maxLength: 3 }),
    }),
  )

import { tableFromIPC } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { recordsOf } from '../../../operators/batch/records.ts'
import { unifySchemas } from '../../../operators/batch/schema.ts'
import { decodeArrowFile } from '../../../operators/ipc/arrow-file.ts'
import { batchesOf, fileOf } from './writing.ts'

describe('arrow writer', () => {
  test('apache-arrow and dunlin read the file', () => {
    const records = Array.from({ length: 20 }, (_, i) => ({
      i,
      name: i % 3 === 0 ? null : `n${i}`,
      tags: ['x', `${i}`],
    }))
    const file = fileOf('arrow', batchesOf(records, 6))
    const table = tableFromIPC(file)
    expect(table.numRows).toBe(20)
    expect([...table.getChild('name')!]).toEqual(records.map(r => r.name))
    const { batches } = decodeArrowFile(file)
    expect(batches.map(batch => batch.length)).toEqual([20])
    expect(batches.flatMap(batch => recordsOf(batch))).toEqual(records)
  })

  test('batches of narrower schemas are cast to the schema of the part', () => {
    const first = batchesOf([{ a: null }])
    const second = batchesOf([{ a: 'x', b: 1 }])
    const schema = unifySchemas(first[0]!.schema, second[0]!.schema)
    const { batches } = decodeArrowFile(fileOf('arrow', [...first, ...second], schema))
    expect(batches.flatMap(batch => recordsOf(batch))).toEqual([
      { a: null, b: null },
      { a: 'x', b: 1 },
    ])
  })

  test('a part without rows is still a file', () => {
    expect(tableFromIPC(fileOf('arrow', [])).numRows).toBe(0)
    const schema = batchesOf([['k', 1]])[0]!.schema
    expect(decodeArrowFile(fileOf('arrow', [], schema))).toEqual({ schema, batches: [] })
  })
})

/** What is said about records is what an array of them shows, however they are cut into parts and pieces. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { checkFiles } from '../../../benchmarks/sort/check-files.ts'
import { generateRecords } from '../../../benchmarks/sort/generate-records.ts'
import { SortCheck, type SortSummary } from '../../../benchmarks/sort/sort-check.ts'

const directory = mkdtempSync(join(tmpdir(), 'dunlin-valsort-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A record with the key, and a body by its number. */
const record = (key: string, number: number): Buffer =>
  Buffer.from(key.padEnd(10, '.') + String(number).padStart(90, '0'), 'latin1')

function checked(parts: readonly Buffer[], pieceBytes: number): SortSummary {
  const check = new SortCheck()
  parts.forEach((part, p) => {
    check.begin(`part-${p}`)
    for (let at = 0; at < part.length; at += pieceBytes) {
      const piece = new Uint8Array(part.subarray(at, at + pieceBytes))
      check.push(piece)
      piece.fill(0x55)
    }
  })
  return check.summary()
}

/** The same by arrays. */
function model(parts: readonly (readonly Buffer[])[]): SortSummary {
  const all = parts.flatMap((part, p) => part.map((bytes, i) => ({ bytes, part: `part-${p}`, record: i })))
  const compared = all.map(({ bytes }, i) =>
    i === 0 ? -1 : Buffer.compare(all[i - 1]!.bytes.subarray(0, 10), bytes.subarray(0, 10)),
  )
  const first = compared.indexOf(1)
  return {
    parts: parts.length,
    records: all.length,
    checksum: all.reduce((sum, { bytes }) => sum + BigInt(crc32(bytes)), 0n).toString(16),
    duplicateKeys: compared.filter(order => order === 0).length,
    unordered: compared.filter(order => order > 0).length,
    firstUnordered: first < 0 ? null : { part: all[first]!.part, record: all[first]!.record, overall: first },
  }
}

describe('the check of a sort', () => {
  test('says what arrays say', () => {
    const key = fc.oneof(
      fc.constantFrom('a', 'b', 'c'),
      fc.string({ unit: fc.constantFrom('\x00', 'a', '\xff'), minLength: 10, maxLength: 10 }),
    )
    const parts = fc.array(fc.array(key, { maxLength: 8 }), { maxLength: 5 })
    fc.assert(
      fc.property(parts, fc.boolean(), fc.integer({ min: 1, max: 250 }), (keys, sorted, pieceBytes) => {
        let number = 0
        const records = keys.map(part => (sorted ? part.sort() : part).map(one => record(one, number++)))
        expect(
          checked(
            records.map(part => Buffer.concat(part)),
            pieceBytes,
          ),
        ).toEqual(model(records))
      }),
      { numRuns: 300 },
    )
  })

  test('gives one checksum for any order of the records, and another where one byte differs', () => {
    const records = ['a', 'b', 'c'].map(record)
    const sums = [records, records.toReversed(), [records[1]!, records[2]!, records[0]!]].map(
      order => checked([Buffer.concat(order)], 1000).checksum,
    )
    expect(new Set(sums).size).toBe(1)
    records[2]![99]! ^= 1
    expect(checked([Buffer.concat(records)], 1000).checksum).not.toBe(sums[0])
  })

  test('prints the checksum as valsort does', () => {
    const out = new Uint8Array(163_840 * 100)
    generateRecords({ start: 0, count: 163_840, ascii: true, out })
    const check = new SortCheck()
    check.begin('all')
    check.push(out)
    expect(check.summary()).toMatchObject({ records: 163_840, checksum: '1400fed7bb2c2' })
  })

  test('refuses a part that ends inside of a record', () => {
    const torn = Buffer.concat([record('a', 1), record('b', 2).subarray(0, 99)])
    const message = 'part-0 ends inside of record 1'
    expect(() => checked([torn], 64)).toThrow(expect.objectContaining({ code: 'BAD_RECORD', message }))
    expect(() => checked([torn, record('c', 3)], 64)).toThrow(expect.objectContaining({ message }))
  })
})

describe('the check of files', () => {
  test('takes the parts of directories in the order of their names, and nothing else', async () => {
    const parts = join(directory, 'parts')
    mkdirSync(join(parts, 'sub'), { recursive: true })
    for (const [name, key] of [
      ['part-00010', 'd'],
      ['part-00009', 'c'],
      ['part-a00001', 'e'],
    ] as const)
      writeFileSync(join(parts, name), record(key, 1))
    for (const name of ['_SUCCESS', '.hidden', 'sub/part-00000'])
      writeFileSync(join(parts, name), 'not records')
    const [first, last] = ['first', 'last'].map(name => join(directory, name))
    writeFileSync(first!, Buffer.concat([record('a', 1), record('b', 1)]))
    writeFileSync(last!, record('d', 2))
    expect(await checkFiles([first!, parts])).toMatchObject({ parts: 4, records: 5, unordered: 0 })
    expect(await checkFiles([parts, last!])).toMatchObject({
      unordered: 1,
      firstUnordered: { part: 'last', record: 0, overall: 3 },
    })
  })

  test('says which path does not exist', async () => {
    await expect(checkFiles([join(directory, 'nowhere')])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('nowhere'),
    })
  })

  test('refuses a directory without parts, which is in order only in name', async () => {
    const empty = join(directory, 'empty')
    mkdirSync(join(empty, 'sub'), { recursive: true })
    writeFileSync(join(empty, '.hidden'), '')
    await expect(checkFiles([empty])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('empty'),
    })
  })

  test.each<[string, (parts: string) => void, string | null]>([
    ['takes a directory that is as its manifest says', () => undefined, null],
    ['says which part is missing', parts => rmSync(join(parts, 'part-1')), 'part-1 is missing'],
    [
      'says which part is not in it',
      parts => writeFileSync(join(parts, 'part-9'), record('z', 1)),
      'part-9 is not listed',
    ],
    [
      'says which part is shorter',
      parts => writeFileSync(join(parts, 'part-1'), record('b', 1)),
      'part-1 has 100 bytes, not 200',
    ],
    [
      'says where records are not as many',
      parts => writeFileSync(join(parts, '_SUCCESS'), manifestOf(['part-0', 100, 1], ['part-1', 200, 3])),
      'part-1 has 2 records, not 3',
    ],
    [
      'takes a part whose records nobody counted',
      parts => writeFileSync(join(parts, '_SUCCESS'), manifestOf(['part-0', 100, null], ['part-1', 200, 2])),
      null,
    ],
    ['minds no manifest of other tools', parts => writeFileSync(join(parts, '_SUCCESS'), ''), null],
  ])('%s', async (name, change, refusal) => {
    const parts = join(directory, name.replaceAll(' ', '-'))
    mkdirSync(parts)
    writeFileSync(join(parts, 'part-0'), record('a', 1))
    writeFileSync(join(parts, 'part-1'), Buffer.concat([record('b', 1), record('c', 1)]))
    writeFileSync(join(parts, '_SUCCESS'), manifestOf(['part-0', 100, 1], ['part-1', 200, 2]))
    change(parts)
    if (refusal === null) expect(await checkFiles([parts])).toMatchObject({ parts: 2, records: 3 })
    else
      await expect(checkFiles([parts])).rejects.toMatchObject({
        code: 'CORRUPT',
        message: `${parts} is not what its _SUCCESS says: ${refusal}`,
      })
  })
})

function manifestOf(...parts: readonly (readonly [name: string, bytes: number, rows: number | null])[]) {
  const listed = parts.map(([name, bytes, rows]) => ({ name, bytes, rows, crc32: null }))
  return JSON.stringify({ version: 1, writer: 'dunlin', parts: listed })
}

/** `dunlin gensort`, `bench sort` and `valsort` from outside, one after another, as a person would use them. */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DISTRIBUTIONS } from '../../../benchmarks/sort/distributed-keys.ts'
import { generateRecords } from '../../../benchmarks/sort/generate-records.ts'
import { dunlin, dunlinInThisProcess, temporaryDirectory } from './cli-process.ts'

const partsOf = (directory: string): string[] =>
  readdirSync(directory)
    .filter(name => name.startsWith('part-'))
    .sort()
const bytesOf = (directory: string): Buffer =>
  Buffer.concat(partsOf(directory).map(name => readFileSync(join(directory, name))))

/** Records in the order of their keys, ties in the order in which they were made. */
function sortedRecords(records: Buffer): Buffer {
  const all = Array.from({ length: records.length / 100 }, (_, i) => records.subarray(100 * i, 100 * i + 100))
  all.sort((a, b) => Buffer.compare(a.subarray(0, 10), b.subarray(0, 10)))
  return Buffer.concat(all)
}

function made(
  count: number,
  options: Omit<Parameters<typeof generateRecords>[0], 'start' | 'count' | 'out'>,
) {
  const out = new Uint8Array(100 * count)
  generateRecords({ start: 0, count, out, ...options })
  return Buffer.from(out.buffer)
}

test('records that were made, sorted and checked are all there, in order', async () => {
  const cwd = temporaryDirectory()
  const count = 30_000
  const run = (...args: string[]) => dunlin([...args, '-q'], { cwd })
  const silent = { code: 0, stdout: '', stderr: '' }
  expect(await run('gensort', '--records', '30k', '--skew', '--output', 'in')).toEqual(silent)
  const input = made(count, { distribution: 'skewed' })
  expect(partsOf(join(cwd, 'in')).length).toBeGreaterThan(1)
  expect(Buffer.compare(bytesOf(join(cwd, 'in')), input)).toBe(0)

  const sort = ['bench', 'sort', '--input', 'in', '--partitions', '4']
  expect(await run(...sort, '--output', 'out', '--workers', '2')).toEqual(silent)
  expect(partsOf(join(cwd, 'out'))).toEqual([0, 1, 2, 3].map(p => `part-0000${p}.bin`))
  expect(Buffer.compare(bytesOf(join(cwd, 'out')), sortedRecords(input))).toBe(0)
  for (const part of partsOf(join(cwd, 'out')))
    expect(statSync(join(cwd, 'out', part)).size).toBeLessThan((2 * 100 * count) / 4)

  const whole = await run('valsort', 'out')
  // Half of the records have one of 20 keys, and ten others had theirs anyway: those of the records 1, 3 … 19.
  const duplicates = count / 2 + 10 - 20
  expect(whole.stdout).toMatch(
    new RegExp(
      `^Records: ${count}\nChecksum: [0-9a-f]+\nDuplicate keys: ${duplicates}\nSUCCESS - all records are in order\n$`,
    ),
  )
  expect(whole).toMatchObject({ code: 0, stderr: '' })
  const before = await run('valsort', 'in', '--checksum-only')
  expect(before).toEqual({
    code: 0,
    stdout: whole.stdout.split('\n').slice(0, 2).join('\n').concat('\n'),
    stderr: '',
  })

  const unsorted = await run('valsort', 'in', '--json')
  expect(unsorted.code).toBe(1)
  expect(JSON.parse(unsorted.stdout)).toMatchObject({
    records: count,
    checksum: /Checksum: (\S+)/.exec(whole.stdout)![1],
    firstUnordered: { part: 'part-00000.bin' },
  })

  const out = (name: string) => join(cwd, 'out', name)
  renameSync(out('part-00002.bin'), join(cwd, 'taken.bin'))
  const missing = await run('valsort', 'out', '--json')
  expect(missing.code).toBe(1)
  expect(JSON.parse(missing.stdout)).toMatchObject({
    error: { code: 'CORRUPT', message: expect.stringContaining('part-00002.bin') },
  })
  for (const name of partsOf(join(cwd, 'out'))) rmSync(out(name))
  rmSync(out('_SUCCESS'))
  const empty = await run('valsort', 'out')
  expect(empty).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('NOT_FOUND') })
}, 60_000)

test('printable records are lines, which valsort and other tools take alike', async () => {
  const cwd = temporaryDirectory()
  const inside = (path: string) => join(cwd, path)
  const made = ['gensort', '--ascii', '--records', '2000', '-q']
  expect((await dunlinInThisProcess([...made, '--output', inside('all.txt')])).code).toBe(0)
  const lines = readFileSync(inside('all.txt'), 'latin1').split('\r\n')
  expect(lines).toHaveLength(2001)
  expect(lines[0]!.slice(0, 44)).toBe(`AsfAGHM5om  ${'0'.repeat(32)}`)
  const again = await dunlinInThisProcess([...made, '--output', inside('all.txt')])
  expect(again).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is there already[\s\S]*Say --overwrite/),
  })
  const replaced = [...made, '--seed', '7', '--overwrite', '--output', inside('all.txt')]
  expect((await dunlinInThisProcess(replaced)).code).toBe(0)
  expect(readFileSync(inside('all.txt'), 'latin1').startsWith('AsfAGHM5om')).toBe(false)

  const unsorted = await dunlinInThisProcess(['valsort', inside('all.txt')])
  expect(unsorted.code).toBe(1)
  expect(unsorted.stdout).toMatch(
    /First unordered record is record \d+: record \d+ of all\.txt\nERROR - there are \d+ unordered records\n$/,
  )
  writeFileSync(inside('torn'), 'x'.repeat(250))
  const torn = await dunlinInThisProcess(['valsort', inside('torn'), '--json'])
  expect(torn.code).toBe(1)
  expect(JSON.parse(torn.stdout)).toMatchObject({ error: { code: 'BAD_RECORD' } })
})

test('what cannot be meant is refused before anything is made', async () => {
  const { stderr: help, stdout } = await dunlinInThisProcess(['gensort', '--help'])
  for (const name of DISTRIBUTIONS) expect(stdout + help).toMatch(new RegExp(`^ {2}${name} `, 'm'))
  const gensort = (...args: string[]) => dunlinInThisProcess(['gensort', '--output', '/nowhere/x', ...args])
  expect(await gensort('--records', '0')).toMatchObject({ code: 2 })
  expect(await gensort('--records', '1.5')).toMatchObject({ code: 2 })
  expect(await gensort('--records', '10', '--distribution', 'odd')).toMatchObject({ code: 2 })
  expect(await gensort('--records', '10', '--skew', '--distribution', 'equal')).toMatchObject({ code: 2 })
  expect(await gensort('--records', '10', '--seed', '-1')).toMatchObject({ code: 2 })
  expect(await dunlinInThisProcess(['valsort', '/nowhere/x'])).toMatchObject({ code: 1 })
  for (const size of ['64', '64KB']) {
    const sort = ['bench', 'sort', '--input', '/nowhere/x', '--output', '/nowhere/y', '--memory', size]
    expect(await dunlinInThisProcess(sort)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('It is 1MB at least, with its unit: 64MB.'),
    })
  }
})

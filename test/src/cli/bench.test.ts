/** `dunlin bench wordcount` from outside, against an independent count. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { writeText } from '../../../benchmarks/generate/write-text.ts'
import { compareCounts, readCounts } from '../../../benchmarks/independent/compare-counts.ts'
import { dunlin, temporaryDirectory } from './cli-process.ts'

const INDEPENDENT = fileURLToPath(new URL('../../../benchmarks/independent/word-count.ts', import.meta.url))

const bytesOf = (directory: string) =>
  readdirSync(directory)
    .filter(name => name.startsWith('part-'))
    .sort()
    .map(name => [name, readFileSync(join(directory, name)).toString('base64')])

const OVERWRITE = 'Say --overwrite to replace what is there, or write elsewhere.'

test('words() and the user function give the same bytes, and the counts of an independent program', async () => {
  const cwd = temporaryDirectory()
  await writeText(join(cwd, 'in/a.txt'), {
    seed: 4,
    sizeBytes: 15e5,
    words: 5_000,
    nonAscii: 0.3,
    lineEnds: 'mixed',
  })
  await writeText(join(cwd, 'in/b.txt'), { seed: 5, sizeBytes: 12e5, words: 5_000 })
  await writeText(join(cwd, 'in/not.log'), { seed: 6, sizeBytes: 1e4, words: 50 })

  const bench = ['bench', 'wordcount', '--input', 'in/*.txt', '--partitions', '3', '-q']
  expect(await dunlin([...bench, '--output', 'words'], { cwd })).toEqual({ code: 0, stdout: '', stderr: '' })
  const byFunction = await dunlin(
    [...bench, '--output', 'function', '--user-function', '--memory', '128MB'],
    { cwd },
  )
  expect(byFunction).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(readdirSync(join(cwd, 'words')).sort()).toEqual([
    '_SUCCESS',
    ...[0, 1, 2].map(n => `part-0000${n}.csv`),
  ])
  expect(bytesOf(join(cwd, 'function'))).toEqual(bytesOf(join(cwd, 'words')))

  const expected = new Map<string, number>()
  for (const name of ['a', 'b']) {
    spawnSync(process.execPath, [INDEPENDENT, join(cwd, `in/${name}.txt`), join(cwd, `${name}.csv`)])
    for (const [word, count] of readCounts(join(cwd, `${name}.csv`)))
      expected.set(word, (expected.get(word) ?? 0) + count)
  }
  expect(compareCounts(readCounts(join(cwd, 'words')), expected).differences).toEqual([])
})

test('an output directory that holds something is refused, or replaced when asked to', async () => {
  const cwd = temporaryDirectory()
  await writeText(join(cwd, 'in.txt'), { seed: 4, sizeBytes: 1e4, words: 100 })
  const bench = ['bench', 'wordcount', '--input', 'in.txt', '--output', 'out', '-q']
  expect((await dunlin(bench, { cwd })).code).toBe(0)
  const again = await dunlin([...bench, '--json'], { cwd })
  expect(again.code).toBe(1)
  expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: 'OUTPUT_NOT_EMPTY', hint: OVERWRITE } })
  expect(again.stderr).not.toContain('mode:')
  expect((await dunlin([...bench, '--overwrite'], { cwd })).code).toBe(0)
})

test('a glob that matches nothing is a failure that names it', async () => {
  const cwd = temporaryDirectory()
  const { code, stderr } = await dunlin(['bench', 'wordcount', '--input', 'no/*.txt', '--output', 'out'], {
    cwd,
  })
  expect(code).toBe(1)
  expect(stderr).toContain('no/*.txt')
})

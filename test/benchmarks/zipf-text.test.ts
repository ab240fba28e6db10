/** Generated text: the same bytes everywhere, words by Zipf's law, and what a counter may get wrong, on demand. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { writeText } from '../../benchmarks/generate/write-text.ts'
import { type ZipfTextOptions, zipfText } from '../../benchmarks/generate/zipf-text.ts'
import { compareCounts, readCounts } from '../../benchmarks/independent/compare-counts.ts'

const directory = mkdtempSync(join(tmpdir(), 'dunlin-zipf-'))
afterAll(() => rmSync(directory, { recursive: true }))
const source = (path: string) => fileURLToPath(new URL(`../../benchmarks/${path}`, import.meta.url))

/** Pieces are views on one buffer, so they are copied as they come. */
function copied(options: ZipfTextOptions): Buffer {
  const pieces: Buffer[] = []
  for (const piece of zipfText(options)) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('a seed means these bytes, here and everywhere', () => {
  expect(sha256(copied({ seed: 1, sizeBytes: 100_000 }))).toMatchInlineSnapshot(
    `"a99d890218816db1a44b98c8d8726898b868556f9e647e13bf732df3d2144183"`,
  )
  expect(
    sha256(copied({ seed: 1, sizeBytes: 100_000, nonAscii: 0.3, lineEnds: 'mixed' })),
  ).toMatchInlineSnapshot(`"f814f345b03daf8b5509026c2f19e7ad5f295e66b6057661a90c66bcbba5d717"`)
})

test('another seed means other bytes', () => {
  expect(copied({ seed: 2, sizeBytes: 10_000 }).equals(copied({ seed: 1, sizeBytes: 10_000 }))).toBe(false)
})

test('a longer text starts with the shorter one', () => {
  const short = copied({ seed: 7, sizeBytes: 50_000, words: 5_000 })
  const long = copied({ seed: 7, sizeBytes: 3_000_000, words: 5_000 })
  expect(long.subarray(0, short.length).equals(short)).toBe(true)
})

test('the text ends with the line in which the size is reached', () => {
  for (const sizeBytes of [1, 1_000, 1 << 20, 2_500_000]) {
    const bytes = copied({ seed: 3, sizeBytes, words: 1_000 })
    expect(bytes.length).toBeGreaterThanOrEqual(sizeBytes)
    expect(bytes.indexOf(0x0a, sizeBytes - 1)).toBe(bytes.length - 1)
  }
})

test('words come by Zipf’s law: the second half as often as the first, the tenth a tenth', () => {
  const counts = new Map<string, number>()
  for (const [word] of copied({ seed: 5, sizeBytes: 900_000, words: 1_000 })
    .toString()
    .matchAll(/[a-z]+/gi)) {
    counts.set(word.toLowerCase(), (counts.get(word.toLowerCase()) ?? 0) + 1)
  }
  const sorted = [...counts.values()].sort((a, b) => b - a)
  expect(sorted.length).toBe(1_000)
  expect(sorted[1]! / sorted[0]!).toBeCloseTo(1 / 2, 1)
  expect(sorted[9]! / sorted[0]!).toBeCloseTo(1 / 10, 1)
  expect(sorted[99]! / sorted[0]!).toBeCloseTo(1 / 100, 2)
})

test('plain text is ASCII with LF; letters of the world and CRLF come when asked for', () => {
  const plain = copied({ seed: 1, sizeBytes: 200_000 })
  expect(plain.every(byte => byte < 0x80 && byte !== 0x0d)).toBe(true)
  const mixed = copied({ seed: 1, sizeBytes: 200_000, nonAscii: 0.5, lineEnds: 'mixed' }).toString()
  expect(mixed.includes('\ufffd')).toBe(false)
  for (const letter of ['é', 'ß', 'Σ', 'ж', 'İ', '日', '𐐀', '½']) expect(mixed).toContain(letter)
  expect(mixed).toMatch(/\r\n/)
  expect(mixed).toMatch(/[^\r]\n/)
  const crlf = copied({ seed: 1, sizeBytes: 20_000, lineEnds: 'crlf' }).toString()
  expect(
    crlf
      .split('\n')
      .slice(0, -1)
      .every(line => line.endsWith('\r')),
  ).toBe(true)
})

test('writing to a file gives the same bytes', async () => {
  const file = join(directory, 'deep', 'text.txt')
  const options = { seed: 1, sizeBytes: 2_200_000, words: 2_000 }
  expect(await writeText(file, options)).toBe(statSync(file).size)
  expect(sha256(readFileSync(file))).toBe(sha256(copied(options)))
})

test('the command writes the file, and refuses what it does not know', () => {
  const file = join(directory, 'command.txt')
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [source('generate/generate-text.ts'), ...args], { encoding: 'utf8' })
  expect(run(file, '--bytes', '5e4', '--words', '100', '--seed', '9').status).toBe(0)
  expect(readFileSync(file).equals(copied({ seed: 9, sizeBytes: 50_000, words: 100 }))).toBe(true)
  expect(run().status).toBe(2)
  expect(run(file, '--line-ends', 'cr').status).toBe(2)
  expect(run(file, '--bytes', 'many').stderr).toMatch('--bytes many is not a number')
})

test('Node and Python count the same words of a hard text', context => {
  if (spawnSync('python3', ['--version']).status !== 0) return context.skip('python3 is not installed')
  const file = join(directory, 'hard.txt')
  spawnSync(process.execPath, [
    ...[
      source('generate/generate-text.ts'),
      file,
      '--bytes',
      '4e5',
      '--non-ascii',
      '0.5',
      '--line-ends',
      'mixed',
    ],
  ])
  const [byNode, byPython] = [join(directory, 'node.csv'), join(directory, 'python.csv')]
  expect(spawnSync(process.execPath, [source('independent/word-count.ts'), file, byNode]).status).toBe(0)
  expect(spawnSync('python3', [source('independent/word_count.py'), file, byPython]).status).toBe(0)
  const comparison = compareCounts(readCounts(byNode), readCounts(byPython))
  expect(comparison.differences).toEqual([])
  expect(comparison.words).toBeGreaterThan(10_000)
})

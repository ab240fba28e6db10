/** Comparing word counts finds every kind of difference. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { compareCounts, readCounts } from '../../benchmarks/independent/compare-counts.ts'

const directory = mkdtempSync(join(tmpdir(), 'dunlin-counts-'))
afterAll(() => rmSync(directory, { recursive: true }))

function csv(name: string, text: string): string {
  const file = join(directory, name)
  writeFileSync(file, text)
  return file
}

test('equal counts are equal in any order', () => {
  const one = readCounts(csv('a.csv', 'value,count\na,1\né,2\n'))
  const other = readCounts(csv('b.csv', 'value,count\né,2\na,1\n'))
  expect(compareCounts(one, other)).toEqual({ equal: true, words: 2, total: 3, differences: [] })
})

test('a count that differs, a word too many and a word too few are told', () => {
  const ours = new Map([
    ['a', 1],
    ['b', 2],
  ])
  const theirs = new Map([
    ['b', 3],
    ['c', 4],
  ])
  expect(compareCounts(ours, theirs).differences).toEqual([
    'a: 1 here, 0 there',
    'b: 2 here, 3 there',
    'c: 0 here, 4 there',
  ])
})

test('a directory is read as its parts, and nothing but its parts', () => {
  const parts = join(directory, 'parts')
  mkdirSync(parts)
  writeFileSync(join(parts, 'part-00000.csv'), 'value,count\na,1\n')
  writeFileSync(join(parts, 'part-00001.csv'), 'value,count\nb,2\n')
  writeFileSync(join(parts, '_SUCCESS'), '{}')
  expect([...readCounts(parts)]).toEqual([
    ['a', 1],
    ['b', 2],
  ])
})

test.each([
  ['no header', 'a,1\n', /does not start with value,count/],
  ['no final line end', 'value,count\na,1', /does not end with a line end/],
  ['a word twice', 'value,count\na,1\na,2\n', /a is there twice/],
  ['what is no word', 'value,count\na b,1\n', /not a word and its count: "a b,1"/],
])('%s is refused', (_, text, message) => {
  expect(() => readCounts(csv('bad.csv', text))).toThrow(message)
})

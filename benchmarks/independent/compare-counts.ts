/** Word counts as CSV files, read and compared without dunlin. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface Comparison {
  readonly equal: boolean
  readonly words: number
  readonly total: number
  /** The first differences, a line each: `word: 3 here, 4 there`. */
  readonly differences: readonly string[]
}

const DIFFERENCES_SHOWN = 10

/**
 * Reads `value,count` lines of one CSV file, or of every `part-*.csv` of a directory. A word has letters only, so
 * nothing is ever quoted; anything else is an error.
 */
export function readCounts(path: string): Map<string, number> {
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter(name => /^part-\d+\.csv$/.test(name))
        .sort()
        .map(name => join(path, name))
    : [path]
  if (files.length === 0) throw new Error(`${path} holds no part-*.csv`)
  const counts = new Map<string, number>()
  for (const file of files) {
    const lines = readFileSync(file, 'utf8').split('\n')
    if (lines[0] !== 'value,count') throw new Error(`${file} does not start with value,count`)
    if (lines.at(-1) !== '') throw new Error(`${file} does not end with a line end`)
    for (const line of lines.slice(1, -1)) {
      const found = /^(\p{L}+),(\d+)$/u.exec(line)
      if (found === null) throw new Error(`${file}: not a word and its count: ${JSON.stringify(line)}`)
      const [, word, count] = found as unknown as [string, string, string]
      if (counts.has(word)) throw new Error(`${file}: ${word} is there twice`)
      counts.set(word, Number(count))
    }
  }
  return counts
}

export function compareCounts(
  ours: ReadonlyMap<string, number>,
  theirs: ReadonlyMap<string, number>,
): Comparison {
  const differences: string[] = []
  let total = 0
  for (const [word, count] of ours) {
    total += count
    if (theirs.get(word) !== count) differences.push(`${word}: ${count} here, ${theirs.get(word) ?? 0} there`)
  }
  for (const [word, count] of theirs) if (!ours.has(word)) differences.push(`${word}: 0 here, ${count} there`)
  return {
    equal: differences.length === 0,
    words: ours.size,
    total,
    differences: differences.slice(0, DIFFERENCES_SHOWN),
  }
}

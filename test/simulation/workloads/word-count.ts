/** Word count: partial and final aggregate around a hash exchange, written as CSV; and its words as another output. */
import { read } from '../../../src/dataset/readers.ts'
import { bagDifference, difference, linesOf, type Workload, written } from '../workload.ts'

const WORDS = ['whale', 'sea', 'ship', 'the', 'captain', 'harpoon', 'of', 'white', 'ahab', 'wave']

const line = (n: number): string => [0, 1, 2].map(j => WORDS[(n * 7 + j * j * 3) % WORDS.length]).join(' ')
const lines = (count: number, from: number): string =>
  Array.from({ length: count }, (_, i) => `${line(from + i)}\n`).join('')

const BOOKS: Readonly<Record<string, string>> = {
  'books/a.txt': lines(9, 0),
  'books/b.txt': lines(5, 3),
  'books/c/d.txt': lines(7, 4),
  'books/e.txt': 'one torn line',
}

export const booksFiles = { 'memory://data/': BOOKS }

/** All words of all books, in order. */
export const bookWords: readonly string[] =
  Object.values(BOOKS)
    .join('\n')
    .match(/\p{L}+/gu) ?? []

const counts = (): string[] => {
  const byWord = new Map<string, number>()
  for (const word of bookWords) byWord.set(word, (byWord.get(word) ?? 0) + 1)
  return [...byWord].map(([word, count]) => `${word},${count}`)
}

const withoutHeaders = (rows: readonly string[]): string[] => rows.filter(row => row !== 'value,count')

export const wordCount: Workload = {
  name: 'word count',
  files: booksFiles,
  plan: { partitions: 3, splitBytes: 150 },
  outputs: () => [
    written(read.text('memory://data/books/').words().valueCounts(), 'csv', 'memory://out/counts/'),
  ],
  check: ([found]) => bagDifference(withoutHeaders(linesOf(found)), counts()),
  isDeterminate: true,
}

/** Into directories that an earlier job has filled: beside what it wrote, or instead of it. */
const onto = (mode: 'append' | 'overwrite'): Workload => ({
  ...wordCount,
  name: mode === 'append' ? 'appended counts' : 'overwritten counts',
  earlier: straightThrough,
  outputs: () => [
    written(read.text('memory://data/books/').words().valueCounts(), 'csv', 'memory://out/words/', mode),
  ],
  check([found]) {
    const rows = withoutHeaders(linesOf(found))
    if (mode === 'overwrite') return bagDifference(rows, counts())
    const before = bookWords.length
    return difference(rows.slice(0, before), bookWords) ?? bagDifference(rows.slice(before), counts())
  },
})

/** One stage: each task reads a split and writes a part, so that a part may come however late. */
export const straightThrough: Workload = {
  name: 'straight through',
  files: booksFiles,
  plan: { splitBytes: 150 },
  outputs: () => [written(read.text('memory://data/books/').words(), 'text', 'memory://out/words/')],
  check: ([found]) => difference(linesOf(found), bookWords),
  isDeterminate: true,
}

export const appendedCounts = onto('append')
export const overwrittenCounts = onto('overwrite')

/** An earlier job has kept what its first stage gave, which is the first stage of this one. */
export const sortedCounts: Workload = {
  name: 'sorted counts',
  files: booksFiles,
  plan: { partitions: 3, splitBytes: 150 },
  reuse: true,
  earlier: { ...wordCount, reuse: true },
  outputs: () => [
    written(
      read.text('memory://data/books/').words().valueCounts().sortBy('count', 'desc'),
      'csv',
      'memory://out/sorted/',
    ),
  ],
  check([found]) {
    const rows = withoutHeaders(linesOf(found))
    const ofRow = (row: string): number => Number(row.split(',')[1])
    return (
      bagDifference(rows, counts()) ??
      difference(
        rows.map(ofRow),
        counts()
          .map(ofRow)
          .sort((a, b) => b - a),
      )
    )
  },
  isDeterminate: true,
}

/** Two outputs of one job, which share a scan. */
export const twoOutputs: Workload = {
  name: 'two outputs',
  files: booksFiles,
  plan: { partitions: 2, splitBytes: 200 },
  outputs() {
    const words = read.text('memory://data/books/').words()
    return [
      written(words.valueCounts(), 'csv', 'memory://out/counts/'),
      written(words, 'text', 'memory://out/words/'),
    ]
  },
  check: ([countsFound, wordsFound]) =>
    bagDifference(withoutHeaders(linesOf(countsFound)), counts()) ??
    difference(linesOf(wordsFound), bookWords),
  isDeterminate: true,
}

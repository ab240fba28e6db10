/** Bad records that are skipped: lines that are no records, and records that functions before and behind an exchange refuse. */
import type { SkipPolicy } from '../../../planner/index.ts'
import { read } from '../../../src/dataset/readers.ts'
import { bagDifference, linesOf, type Workload, written } from '../workload.ts'

const NUMBERS = Array.from({ length: 44 }, (_, n) => n)

const isTorn = (n: number): boolean => n % 11 === 7
const isRefused = (n: number): boolean => n % 9 === 4
const REFUSED_KEY = 'k3'

const lineOf = (n: number): string => (isTorn(n) ? `{"n":${n}, torn` : `{"n":${n}}`)

/** What is left of the numbers, added up by key. */
const sums = (): [string, number][] => {
  const byKey = new Map<string, number>()
  for (const n of NUMBERS) {
    if (isTorn(n) || isRefused(n)) continue
    byKey.set(`k${n % 5}`, (byKey.get(`k${n % 5}`) ?? 0) + n)
  }
  return [...byKey]
}

const isRefusedSum = ([key]: readonly [string, number]): boolean => key === REFUSED_KEY

const letters: readonly string[] = [
  ...NUMBERS.filter(isTorn).map(lineOf),
  ...NUMBERS.filter(n => isRefused(n) && !isTorn(n)).map(lineOf),
  ...sums()
    .filter(isRefusedSum)
    .map(sum => JSON.stringify(sum)),
]

function skipping(name: string, deadLetters: Pick<SkipPolicy, 'deadLetters'>): Workload {
  return {
    name,
    files: { 'memory://data/': { 'numbers.jsonl': NUMBERS.map(n => `${lineOf(n)}\n`).join('') } },
    plan: { partitions: 3, splitBytes: 120, onError: { tolerate: 1, ...deadLetters } },
    letters,
    outputs: () => [
      written(
        read
          .jsonl<{ n: number }>('memory://data/numbers.jsonl')
          .map(({ n }) => {
            if (n % 9 === 4) throw new Error('it is refused')
            return [`k${n % 5}`, n] as [string, number]
          })
          .reduceByKey((a, b) => a + b)
          .map(([key, sum]) => {
            if (key === 'k3') throw new Error('its sum is refused')
            return `${key} ${sum}`
          }),
        'text',
        'memory://out/sums/',
      ),
    ],
    check: ([found]) =>
      bagDifference(
        linesOf(found),
        sums()
          .filter(sum => !isRefusedSum(sum))
          .map(([key, sum]) => `${key} ${sum}`),
      ),
    isDeterminate: true,
  }
}

/** Their letters are in the job's own directory. */
export const ownLetters = skipping('skipped records', {})

/** Their letters are where the user wants them. */
export const placedLetters = skipping('skipped records elsewhere', {
  deadLetters: { uri: 'memory://out/letters/', mode: 'fail' },
})

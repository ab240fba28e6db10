/** User functions row by row, around a hash exchange, with the result collected. */
import { from, range } from '../../../src/dataset/readers.ts'
import { bagDifference, collected, difference, recordsFound, type Workload } from '../workload.ts'

const NUMBERS = 60

export const reduceByKey: Workload = {
  name: 'reduce by key',
  plan: { partitions: 4 },
  outputs() {
    const pairs = range(NUMBERS, { splitRows: 12 })
      .flatMap(n => (n % 3 === 0 ? [n, n] : [n]))
      .map(n => [`k${n % 7}`, n] as [string, number])
      .filter(([, n]) => n % 5 !== 0)
    return [collected(pairs.reduceByKey((a, b) => a + b))]
  },
  check([found]) {
    const sums = new Map<string, number>()
    for (let n = 0; n < NUMBERS; n++) {
      if (n % 5 === 0) continue
      sums.set(`k${n % 7}`, (sums.get(`k${n % 7}`) ?? 0) + n * (n % 3 === 0 ? 2 : 1))
    }
    return bagDifference(recordsFound(found), [...sums])
  },
  isDeterminate: true,
}

/** Values that are staged in the job's own store, and promises awaited with bounded concurrency. */
export const stagedValues: Workload = {
  name: 'staged values',
  outputs: () => [
    collected(
      from(['b', 'a', null, 'c'] as (string | null)[]).map(async letter => ({ letter: letter ?? '?' })),
    ),
  ],
  check: ([found]) =>
    difference(
      recordsFound(found),
      ['b', 'a', '?', 'c'].map(letter => ({ letter })),
    ),
  isDeterminate: true,
}

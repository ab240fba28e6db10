/** LogHistogram: how positive numbers are distributed, to within 5 %, as an immutable value of bounded size. */

/** Bins double in eight steps, so that the middle of a bin is within 4.5 % of all that it holds. */
const BINS_PER_DOUBLING = 8
/** From 2^-40 to 2^40, which holds milliseconds (to 35 years) as well as milliseconds a byte. The rest is put to the ends. */
const DOUBLINGS = 40

/** Counts of the bins from `firstBin` on; none before and after. */
export interface LogHistogram {
  readonly total: number
  readonly firstBin: number
  readonly counts: readonly number[]
}

export const EMPTY_HISTOGRAM: LogHistogram = { total: 0, firstBin: 0, counts: [] }

/** Costs a copy of the bins between the smallest and the largest value: a few dozen numbers for one kind of work. */
export function withValue(histogram: LogHistogram, value: number): LogHistogram {
  const { total, firstBin, counts } = histogram
  const bin = binOf(value)
  if (total === 0) return { total: 1, firstBin: bin, counts: [1] }
  const at = bin - firstBin
  if (at < 0) {
    const gap = new Array<number>(-at - 1).fill(0)
    return { total: total + 1, firstBin: bin, counts: [1, ...gap, ...counts] }
  }
  if (at >= counts.length) {
    const gap = new Array<number>(at - counts.length).fill(0)
    return { total: total + 1, firstBin, counts: [...counts, ...gap, 1] }
  }
  return { total: total + 1, firstBin, counts: counts.with(at, counts[at]! + 1) }
}

/** The median to within 5 %; of an even number of values the lower one of the middle two. Null where there is none. */
export function medianOf({ total, firstBin, counts }: LogHistogram): number | null {
  if (total === 0) return null
  let below = 0
  let at = -1
  while (below * 2 < total) below += counts[++at]!
  return 2 ** ((firstBin + at + 0.5) / BINS_PER_DOUBLING)
}

function binOf(value: number): number {
  const most = DOUBLINGS * BINS_PER_DOUBLING
  if (!(value > 0)) return -most
  return Math.max(-most, Math.min(most - 1, Math.floor(Math.log2(value) * BINS_PER_DOUBLING)))
}

/** Near misses: the name that someone probably meant. */

/** At most this many letters inserted, left out or exchanged, and fewer than half of the name. */
const MAX_DISTANCE = 2

/** The nearest of `names` to a misspelt one, where one is near enough. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.min(MAX_DISTANCE, Math.ceil(name.length / 2) - 1) + 1
  for (const candidate of names) {
    const distance = candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name, candidate)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** Levenshtein's distance, a row of the table at a time. */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(swap, above[j]! + 1, row[j - 1]! + 1))
    }
    above = row
  }
  return above[b.length]!
}

/** nearestKey: which of the right keys somebody may have meant. Pure. */

/** Undefined where none is near. */
export function nearestKey(given: string, known: readonly string[]): string | undefined {
  const near = known
    .map(key => ({ key, edits: edits(given.toLowerCase(), key.toLowerCase()) }))
    .filter(({ key, edits }) => edits <= Math.max(2, Math.floor(key.length / 3)))
    .sort((a, b) => a.edits - b.edits)
  return near[0]?.key
}

/** Characters to be put in, taken out or replaced, to make one of the other (Levenshtein 1966). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same))
    }
    row = next
  }
  return row[b.length]!
}

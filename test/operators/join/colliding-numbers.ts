/** Numbers that somebody has made up so that they share one hash. */

/** Multiplies modulo 2^32, for inverting the rounds of MurmurHash3. */
const inverse = (n: number): number => {
  let x = n
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(n, x))
  return x
}
const rotated = (n: number, by: number): number => (n << by) | (n >>> (32 - by))
const round = (state: number, word: number): number =>
  (Math.imul(rotated(state ^ Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593), 13), 5) +
    0xe6546b64) |
  0

/** Doubles whose hashes are one: any low word, and the high word that leads the state to the same end. */
export function collidingNumbers(count: number): Float64Array {
  const halves = new Int32Array(2 * count)
  const values = new Float64Array(halves.buffer)
  let made = 0
  for (let low = 0; made < count; low++) {
    const before = rotated(Math.imul((12345 - 0xe6546b64) | 0, inverse(5)), 32 - 13) ^ round(1, low)
    const high = Math.imul(rotated(Math.imul(before, inverse(0x1b873593)), 32 - 15), inverse(0xcc9e2d51))
    halves[2 * made] = low
    halves[2 * made + 1] = high
    if (Number.isFinite(values[made]!) && values[made] !== 0) made++
  }
  return values
}

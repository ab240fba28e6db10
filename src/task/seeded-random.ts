/** A small seeded generator for `task.random()`: the same numbers for the same seed, on every machine. */

/** One step of splitmix32, used to spread seeds (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators). */
function splitmix32(state: number): number {
  let z = (state + 0x9e3779b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

/**
 * xoshiro128** (Blackman and Vigna, Scrambled Linear Pseudorandom Number Generators, 2018), seeded by the given
 * numbers through splitmix32.
 *
 * @returns a function that gives numbers in [0, 1) with 53 random bits
 */
export function seededRandom(...seeds: readonly number[]): () => number {
  let mixed = 0x6a09e667
  for (const seed of seeds) {
    mixed = splitmix32(mixed ^ (seed | 0))
    mixed = splitmix32(mixed ^ Math.floor(seed / 2 ** 32))
  }
  const s = new Uint32Array(4)
  for (let i = 0; i < 4; i++) s[i] = mixed = splitmix32(mixed + i)
  const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k))
  const next = (): number => {
    const result = Math.imul(rotl(Math.imul(s[1]!, 5), 7), 9) >>> 0
    const t = s[1]! << 9
    s[2]! ^= s[0]!
    s[3]! ^= s[1]!
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= t
    s[3] = rotl(s[3]!, 11)
    return result
  }
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53
}

/** A small seeded generator of 32-bit numbers (sfc32), the same on every machine. */

/**
 * Numbers in [0, 2^32), by Chris Doty-Humphrey's sfc32.
 *
 * @example
 * const random = createRandom32(7)
 * const die = 1 + (random() % 6)
 */
export function createRandom32(seed: number): () => number {
  let a = 0
  let b = seed | 0
  let c = Math.floor(seed / 4294967296) | 0
  let counter = 1
  const next = (): number => {
    const t = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    return t >>> 0
  }
  // Similar seeds give similar first numbers; a dozen rounds part them.
  for (let i = 0; i < 12; i++) next()
  return next
}

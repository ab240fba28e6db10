/** The random numbers of the sort benchmarks: a 128-bit linear congruential generator that can skip ahead. */

/*
 * x' = a · x + c mod 2^128, from x = 0, as Chris Nyberg's gensort has it (sortbenchmark.org); `a` is from Pierre L'Ecuyer,
 * "Tables of linear congruential generators of different sizes and good lattice structure" (1999).
 */
const A = 0x2360ed05_1fc65da4_4385df64_9fccf645n
const C = 0x4a696d47_72617952_49502020_20202001n
const MASK = (1n << 128n) - 1n

/** A number of 128 bits in pieces of 24, least significant first: sums of their products are exact in doubles. */
export type Limbs = Float64Array

const LIMB_BITS = 24
const LIMB = 2 ** LIMB_BITS

const limbsOf = (number: bigint): Limbs =>
  Float64Array.from({ length: 6 }, (_, i) => Number((number >> BigInt(LIMB_BITS * i)) & BigInt(LIMB - 1)))

const [a0, a1, a2, a3, a4, a5] = limbsOf(A) as unknown as Six
const [c0, c1, c2, c3, c4, c5] = limbsOf(C) as unknown as Six
type Six = readonly [number, number, number, number, number, number]

/**
 * The state before record `record`, whose own random number is the next one: any range of records can be made by
 * itself. Seed 0 is the published sequence; another one begins elsewhere.
 */
export function randomBefore(record: number, seed = 0): Limbs {
  let [multiplier, increment] = [A, C]
  let state = seed === 0 ? 0n : firstState(seed)
  for (let steps = BigInt(record); steps > 0n; steps >>= 1n) {
    if (steps & 1n) state = (multiplier * state + increment) & MASK
    increment = ((multiplier + 1n) * increment) & MASK
    multiplier = (multiplier * multiplier) & MASK
  }
  return limbsOf(state)
}

/** Seeds that are close begin far from each other: one step of the generator on the seed as its upper half. */
function firstState(seed: number): bigint {
  const mixed = ((BigInt(Math.trunc(seed)) << 64n) * A + C) & MASK
  return (mixed * A + (mixed >> 64n)) & MASK
}

/** Steps to the next number, in place. Written out, since a loop over the limbs takes ten times as long. */
export function nextRandom(x: Limbs): void {
  const [x0, x1, x2, x3, x4, x5] = [x[0]!, x[1]!, x[2]!, x[3]!, x[4]!, x[5]!]
  const t0 = c0 + a0 * x0
  const q0 = Math.floor(t0 / LIMB)
  const t1 = q0 + c1 + a0 * x1 + a1 * x0
  const q1 = Math.floor(t1 / LIMB)
  const t2 = q1 + c2 + a0 * x2 + a1 * x1 + a2 * x0
  const q2 = Math.floor(t2 / LIMB)
  const t3 = q2 + c3 + a0 * x3 + a1 * x2 + a2 * x1 + a3 * x0
  const q3 = Math.floor(t3 / LIMB)
  const t4 = q3 + c4 + a0 * x4 + a1 * x3 + a2 * x2 + a3 * x1 + a4 * x0
  const q4 = Math.floor(t4 / LIMB)
  const t5 = q4 + c5 + a0 * x5 + a1 * x4 + a2 * x3 + a3 * x2 + a4 * x1 + a5 * x0
  x[0] = t0 - q0 * LIMB
  x[1] = t1 - q1 * LIMB
  x[2] = t2 - q2 * LIMB
  x[3] = t3 - q3 * LIMB
  x[4] = t4 - q4 * LIMB
  // Of the last limb 8 bits belong to the number.
  x[5] = t5 - Math.floor(t5 / 0x100) * 0x100
}

/** The order of values of one type, as sorting has it. */

/** Strings by their UTF-8 bytes, which is by code points: UTF-16 differs only where surrogates meet U+E000 and up. */
export function compareStrings(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points beyond U+FFFF: they come after every other unit. */
const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x1_0000 : unit)

/** NaN is the greatest; −0 equals 0. */
export function compareNumbers(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  return a === b ? 0 : Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

const compareBigints = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/** Two values of one column; dates and booleans as the numbers that they are. */
export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number') return compareNumbers(a, b as number)
  if (typeof a === 'string') return compareStrings(a, b as string)
  if (typeof a === 'bigint') return compareBigints(a, b as bigint)
  return Number(a) - Number(b)
}

/** A file of the user. */
const base = 100
export const VERSION = '1.0'
export default function plusBase(n: number): number {
  return base + n
}
export const curried = (a: number) => (b: number) => a * 10 + b + base
export const adders = [1, 2].map(step => (n: number) => n + step)

import { same } from './same.ts'

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1)
}
const isEven = (n: number): boolean => n === 0 || isOdd(n - 1)
const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1)

await same(n => [factorial(n + 5), isEven(n), isOdd(n)])

/** Runs a function on workers and here, and says whether it gave the same. */
import { range } from 'dunlin'

const TASKS = 3

/** Prints `same: <what it gave>`, or what was different. */
export async function same(fn: (n: number) => unknown): Promise<void> {
  const there = await range(TASKS, { splitRows: 1 })
    .map(fn)
    .map(value => JSON.stringify(value))
    .collect()
  const here = await Promise.all(Array.from({ length: TASKS }, async (_, n) => JSON.stringify(await fn(n))))
  const [a, b] = [there.join(), here.join()]
  console.log(a === b ? `same: ${a}` : `DIFFERENT: there ${a}, here ${b}`)
}

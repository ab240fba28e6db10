import { same } from './same.ts'

// What tsx adds where names must be kept.
const __name = (target: unknown, value: string) =>
  Object.defineProperty(target as object, 'name', { value, configurable: true })
const named = __name(() => 'x', 'renamed') as () => string
const wait = async (n: number): Promise<number> => n + 1
function* upTo(n: number): Generator<number> {
  for (let i = 0; i <= n; i++) yield i
}
async function* slowly(n: number): AsyncGenerator<number> {
  yield await wait(n)
}

await same(async n => {
  const { join } = await import('node:path')
  const slow: number[] = []
  for await (const one of slowly(n)) slow.push(one)
  return JSON.stringify([named.name, await wait(n), [...upTo(n)], slow, join('a', 'b')])
})

import { same } from './same.ts'

class Counter {
  #n = 1
  next(): number {
    return ++this.#n
  }
}
function counting(): () => number {
  const counters: Counter[] = []
  counters.push(new Counter())
  return () => counters[0]!.next()
}

await same(counting())

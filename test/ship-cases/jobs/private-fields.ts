import { same } from './same.ts'

class Limit {
  #most: number
  constructor(most: number) {
    this.#most = most
  }
  allows(n: number): boolean {
    return n <= this.#most
  }
}
const limit = new Limit(1)

await same(n => limit.allows(n))

import { same } from './same.ts'

const numbers = (function* () {
  yield 1
})()

await same(() => numbers.next().value)

import { local, range } from 'dunlin'

const engine = local({ workers: 1 })
let seen = 0
const first = await range(3, { splitRows: 1 })
  .map(() => ++seen)
  .collect({ engine })
const second = await range(3, { splitRows: 1 })
  .map(n => `${n} ${++seen}`)
  .collect({ engine })
await engine.close()
console.log(`same: ${JSON.stringify([first, second])}`)

import { range } from 'dunlin'

let counter = 0
const rows = await range(4, { splitRows: 1 })
  .map(n => {
    counter++
    return n
  })
  .collect()
console.log(`same: ${JSON.stringify([rows, counter])}`)

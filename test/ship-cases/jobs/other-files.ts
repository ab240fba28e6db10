import { adders, curried } from './library.ts'
import { same } from './same.ts'

const add = adders[1]!
const ten = curried(1)

await same(n => [add(n), ten(n)])

import { same } from './same.ts'

const now = Date.now()
const random = Math.random()
await same(() => [now, random])

import { same } from './same.ts'

const seen = new WeakMap<object, number>()

await same(() => seen.has({}))

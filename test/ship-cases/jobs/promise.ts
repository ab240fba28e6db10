import { same } from './same.ts'

const later = Promise.resolve(1)

await same(async n => n + (await later))

import { range } from 'dunlin'
import { same } from './same.ts'

const small = range(3)

await same(async () => (await small.collect()).length)

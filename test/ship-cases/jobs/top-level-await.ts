import { range } from 'dunlin'
import { same } from './same.ts'

console.log('the job file runs')
const total = (await range(10).collect()).reduce((sum, n) => sum + n, 0)
await same(n => n + total)

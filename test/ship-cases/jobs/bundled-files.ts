import data from './data.json' with { type: 'json' }
import { same } from './same.ts'

await same(n => data.words[n])

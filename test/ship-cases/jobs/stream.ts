import { Readable } from 'node:stream'
import { same } from './same.ts'

const lines = Readable.from(['a', 'b'])

await same(() => lines.readable)

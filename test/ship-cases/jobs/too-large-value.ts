import { same } from './same.ts'

const table = 'a long line of text, '.repeat(600_000 * 24)

await same(n => table.charCodeAt(n))

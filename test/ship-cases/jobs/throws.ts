import { same } from './same.ts'

interface Line {
  readonly text?: string
}
function lengthOf(line: Line): number {
  return line.text!.length
}

await same(n => lengthOf(n === 1 ? {} : { text: 'call me' }))

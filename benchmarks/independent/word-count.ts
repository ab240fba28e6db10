/**
 * Command: counts words with nothing but Node's readline and a Map; the answer that dunlin's is compared with.
 * `node benchmarks/independent/word-count.ts <input file> <output.csv>`. It shares no code with dunlin.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'

const [input, output] = process.argv.slice(2)
if (input === undefined || output === undefined) {
  console.error('usage: word-count.ts <input file> <output.csv>')
  process.exit(2)
}

const counts = new Map<string, number>()
for await (const line of createInterface({
  input: createReadStream(input),
  crlfDelay: Number.POSITIVE_INFINITY,
})) {
  for (const word of line.toLowerCase().match(/\p{L}+/gu) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1)
}

await pipeline(function* () {
  yield 'value,count\n'
  for (const [word, count] of counts) yield `${word},${count}\n`
}, createWriteStream(output))

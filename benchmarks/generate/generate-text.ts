/** Command: writes seeded Zipf text to a file. `node benchmarks/generate/generate-text.ts big.txt --bytes 1e9` */
import { parseArgs } from 'node:util'
import { writeText } from './write-text.ts'

const USAGE = `usage: generate-text.ts <file> [--bytes 1e8] [--seed 1] [--words 200000] [--non-ascii 0.1]
                        [--line-ends lf|crlf|mixed]`

function positive(text: string, flag: string): number {
  const number = Number(text)
  if (!Number.isFinite(number) || number < 0) throw new Error(`--${flag} ${text} is not a number from 0 up`)
  return number
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      bytes: { type: 'string', default: '1e8' },
      seed: { type: 'string', default: '1' },
      words: { type: 'string', default: '200000' },
      'non-ascii': { type: 'string', default: '0' },
      'line-ends': { type: 'string', default: 'lf' },
    },
  })
  const [file] = positionals
  const lineEnds = values['line-ends']
  if (file === undefined || positionals.length > 1) throw new Error(USAGE)
  if (lineEnds !== 'lf' && lineEnds !== 'crlf' && lineEnds !== 'mixed') throw new Error(USAGE)
  const started = performance.now()
  const sizeBytes = await writeText(file, {
    seed: positive(values.seed, 'seed'),
    sizeBytes: positive(values.bytes, 'bytes'),
    words: Math.max(1, Math.floor(positive(values.words, 'words'))),
    nonAscii: Math.min(1, positive(values['non-ascii'], 'non-ascii')),
    lineEnds,
  })
  const seconds = (performance.now() - started) / 1000
  console.error(
    `${file}: ${sizeBytes} bytes in ${seconds.toFixed(1)} s (${(sizeBytes / 1e6 / seconds).toFixed(0)} MB/s)`,
  )
}

await main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 2
})

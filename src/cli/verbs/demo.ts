/** `dunlin demo`: word count of Moby-Dick on this machine, with all that there is to see of it. */
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { barChart } from '../bar-chart.ts'
import { demoText } from '../demo-text.ts'
import { chooseEngine, type EngineChoice } from '../engine-choice.ts'
import type { VerbHost } from '../main.ts'
import { showProgress } from '../progress/show-progress.ts'
import { bytesText, durationText, plural, wholeText } from '../quantity-text.ts'

export interface DemoOptions extends EngineChoice {
  readonly generated?: true
}

const TOP_WORDS = 15
/** Small enough for the book, 1.2 MB, to be a wave of several tasks. */
const SPLIT_BYTES = 96 * 1024
const PARTITIONS = 4

export async function demo(host: VerbHost, options: DemoOptions): Promise<void> {
  const { output, interrupt } = host
  const { errPalette: palette } = output
  chooseEngine(options)
  const directory = await mkdtemp(join(tmpdir(), 'dunlin-demo-'))
  const text = await demoText(options.generated === true ? 'generated' : 'book', directory)
  const { wordCountOutput } = await import('../../../benchmarks/wordcount.ts')
  const target = join(directory, 'words')
  const counts = wordCountOutput(text.path, target, {
    by: 'function',
    splitBytes: SPLIT_BYTES,
    partitions: PARTITIONS,
  })

  output.say(`\n${palette.bold(`Every word of ${text.title}, counted`)}\n`)
  output.say(palette.accent(pipelineText(text.name)))
  const plan = await counts.explain()
  output.say(`\n${palette.bold('The plan')}\n\n${indented(plan)}\n`)
  output.say(`${palette.bold('The run')}\n`)

  const progress = await showProgress({
    stream: process.stderr,
    show: host.quiet ? 'nothing' : 'auto',
    success: 'reported',
  })
  const report = await counts
    .run({ signal: interrupt.signal, onEvent: progress.onEvent, name: 'demo' })
    .finally(progress.close)

  const words = await readWords(target)
  const top = words.slice(0, TOP_WORDS).map(([label, value]) => ({ label, value }))
  const total = words.reduce((sum, [, count]) => sum + count, 0)
  if (host.json) {
    output.json({ text: text.path, output: target, words: total, distinct: words.length, top, plan, report })
    return
  }
  output.say(`\n${palette.bold(`The ${TOP_WORDS} most frequent words`)}\n`)
  for (const line of barChart(top, { width: output.width - 2, palette: output.outPalette }))
    output.data(`  ${line}`)
  const { tasks, stages, wallMs } = report
  output.say(`
  ${palette.good('✔')} ${palette.bold(durationText(wallMs))} for ${plural(tasks, 'task')} in ${plural(stages.length, 'stage')}
    ${wholeText(total)} words, ${wholeText(words.length)} distinct; ${bytesText(report.bytesRead)} read, ${bytesText(report.bytesWritten)} written
    all counts as CSV: ${target} (may be deleted)
`)
}

/** What `wordCountOutput` of benchmarks/wordcount.ts is made of, as one would write it. */
const pipelineText = (file: string) => `  read.text('${file}')
    .flatMap(line => line.toLowerCase().match(/\\p{L}+/gu) ?? [])
    .valueCounts()
    .write.csv('words/')
    .run()`

/** Words and counts, the most frequent first, ties in the order of the alphabet. */
async function readWords(directory: string): Promise<[string, number][]> {
  const parts = (await readdir(directory)).filter(name => name.startsWith('part-')).sort()
  const texts = await Promise.all(parts.map(name => readFile(join(directory, name), 'utf8')))
  return texts
    .flatMap(text => text.trimEnd().split('\n').slice(1))
    .map((line): [string, number] => {
      const comma = line.lastIndexOf(',')
      return [line.slice(0, comma), Number(line.slice(comma + 1))]
    })
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
}

function indented(text: string): string {
  return text.trimEnd().replace(/^(?=.)/gm, '  ')
}

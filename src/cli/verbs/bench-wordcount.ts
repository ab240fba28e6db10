/** `dunlin bench wordcount`: the word count pipeline of benchmarks/ on files of one's own. */
import { chooseEngine, type EngineChoice } from '../engine-choice.ts'
import type { VerbHost } from '../main.ts'
import { showProgress } from '../progress/show-progress.ts'
import { bytesText } from '../quantity-text.ts'
import { reportText } from '../report-text.ts'

export interface BenchWordCountOptions extends EngineChoice {
  readonly input: readonly string[]
  readonly output: string
  readonly partitions?: number
  /** Bytes. */
  readonly memory?: number
  readonly userFunction?: true
  readonly overwrite?: true
}

export async function benchWordCount(host: VerbHost, options: BenchWordCountOptions): Promise<void> {
  const { output, interrupt } = host
  chooseEngine(options)
  const { wordCountOutput } = await import('../../../benchmarks/wordcount.ts')
  const counts = wordCountOutput(options.input, options.output, {
    by: options.userFunction === true ? 'function' : 'words',
    mode: options.overwrite === true ? 'overwrite' : 'fail',
    ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
    ...(options.memory === undefined ? {} : { memoryMb: Math.max(1, Math.floor(options.memory / 1e6)) }),
  })
  const progress = await showProgress({
    stream: process.stderr,
    show: host.quiet ? 'nothing' : 'auto',
    success: 'reported',
  })
  try {
    const report = await counts.run({
      signal: interrupt.signal,
      onEvent: progress.onEvent,
      name: 'wordcount',
    })
    progress.close()
    if (host.json) output.json(report)
    output.say(reportText(report, output.errPalette))
    const perSecond = (report.stages[0]?.bytesIn ?? 0) / (report.wallMs / 1000)
    output.say(`  ${output.errPalette.dim('rate    ')} ${bytesText(perSecond)}/s of text`)
  } finally {
    progress.close()
  }
}

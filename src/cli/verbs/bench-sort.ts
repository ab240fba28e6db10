/** `dunlin bench sort`: the sort of benchmarks/ on records of one's own. */
import { chooseEngine, type EngineChoice } from '../engine-choice.ts'
import type { VerbHost } from '../main.ts'
import { showProgress } from '../progress/show-progress.ts'
import { bytesText } from '../quantity-text.ts'
import { reportText } from '../report-text.ts'

export interface BenchSortOptions extends EngineChoice {
  readonly input: readonly string[]
  readonly output: string
  readonly partitions?: number
  /** Bytes. */
  readonly memory?: number
  readonly overwrite?: true
}

export async function benchSort(host: VerbHost, options: BenchSortOptions): Promise<void> {
  const { output, interrupt } = host
  chooseEngine(options)
  const { sortOutput } = await import('../../../benchmarks/sort/sort-records.ts')
  const sorted = sortOutput(options.input, options.output, {
    mode: options.overwrite === true ? 'overwrite' : 'fail',
    ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
    ...(options.memory === undefined ? {} : { memoryMb: Math.max(1, Math.floor(options.memory / 1e6)) }),
  })
  const show = host.quiet ? 'nothing' : 'auto'
  const progress = await showProgress({ stream: process.stderr, show, success: 'reported' })
  try {
    const report = await sorted.run({ signal: interrupt.signal, onEvent: progress.onEvent, name: 'sort' })
    progress.close()
    if (host.json) output.json(report)
    output.say(reportText(report, output.errPalette))
    const bytes = report.outputs.reduce((sum, written) => sum + written.bytes, 0)
    output.say(`  ${output.errPalette.dim('rate    ')} ${bytesText(bytes / (report.wallMs / 1000))}/s sorted`)
  } finally {
    progress.close()
  }
}

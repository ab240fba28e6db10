/** `dunlin gensort`: makes the records that sort benchmarks sort. */
import { extname } from 'node:path'
import { chooseEngine, type EngineChoice } from '../engine-choice.ts'
import type { VerbHost } from '../main.ts'
import { showProgress } from '../progress/show-progress.ts'
import { plural } from '../quantity-text.ts'
import { reportText } from '../report-text.ts'
import { UsageError } from '../usage-error.ts'

export interface GensortOptions extends EngineChoice {
  readonly records: number
  readonly output: string
  readonly ascii?: true
  readonly skew?: true
  readonly distribution?: 'uniform' | 'skewed' | 'prefixes' | 'equal' | 'sorted' | 'reversed'
  readonly seed?: number
  readonly overwrite?: true
}

export async function gensort(host: VerbHost, options: GensortOptions): Promise<void> {
  const { output, interrupt } = host
  const { records, skew, distribution, seed = 0 } = options
  if (skew === true && distribution !== undefined && distribution !== 'skewed')
    throw new UsageError(`--skew is --distribution skewed, which is not ${distribution}`)
  chooseEngine(options)
  const { recordsOutput, writeRecordsFile } = await import('../../../benchmarks/sort/write-records.ts')
  const made = {
    records,
    seed,
    ascii: options.ascii === true,
    distribution: distribution ?? (skew === true ? ('skewed' as const) : ('uniform' as const)),
    mode: options.overwrite === true ? ('overwrite' as const) : ('fail' as const),
  }
  if (extname(options.output) !== '') {
    await writeRecordsFile(options.output, made, interrupt.signal)
    if (host.json) output.json({ output: options.output, ...made })
    output.say(`${plural(records, 'record')} in ${options.output}`)
    return
  }
  const show = host.quiet ? 'nothing' : 'auto'
  const progress = await showProgress({ stream: process.stderr, show, success: 'reported' })
  try {
    const report = await recordsOutput(options.output, made).run({
      signal: interrupt.signal,
      onEvent: progress.onEvent,
      name: 'gensort',
    })
    progress.close()
    if (host.json) output.json(report)
    output.say(reportText(report, output.errPalette))
  } finally {
    progress.close()
  }
}

/** `dunlin run job.ts`: runs a job file. */
import { basename } from 'node:path'
import { offerRunDefaults } from '../../engine/run-defaults.ts'
import { chooseEngine, type EngineChoice } from '../engine-choice.ts'
import { jobFilePath, loadJobFile, rerunWithTypeStripping } from '../job-file.ts'
import type { VerbHost } from '../main.ts'
import { showProgress } from '../progress/show-progress.ts'
import { reportText } from '../report-text.ts'

export interface RunVerbOptions extends EngineChoice {
  readonly param: Readonly<Record<string, string>>
}

export async function run(
  host: VerbHost,
  file: string,
  args: readonly string[],
  options: RunVerbOptions,
): Promise<void> {
  const { output, interrupt } = host
  const path = jobFilePath(file)
  chooseEngine(options)
  const rerun = await rerunWithTypeStripping(path)
  if (rerun !== undefined) process.exit(rerun)

  const progress = await showProgress({ stream: process.stderr, show: host.quiet ? 'nothing' : 'auto' })
  const runOptions = { signal: interrupt.signal, onEvent: progress.onEvent }
  const withdraw = offerRunDefaults(runOptions)
  try {
    const job = await loadJobFile(path, { params: options.param, args })
    if (job.kind === 'script') return
    withdraw()
    const report = await job.dunlin.run(job.outputs, {
      ...runOptions,
      name: basename(path).replace(/\.\w+$/, ''),
    })
    progress.close()
    if (host.json) output.json(report)
    output.say(reportText(report, output.errPalette))
  } finally {
    progress.close()
  }
}

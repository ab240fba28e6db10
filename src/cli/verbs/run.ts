/** `dunlin run job.ts`: runs a job file. */
import { basename } from 'node:path'
import { offerRunDefaults } from '../../engine/run-defaults.ts'
import { chooseEngine, type EngineChoice } from '../engine-choice.ts'
import {
  isArtefactPath,
  jobFilePath,
  loadArtefact,
  loadJobFile,
  rerunWithTypeStripping,
} from '../job-file.ts'
import type { VerbHost } from '../main.ts'
import { showProgress } from '../progress/show-progress.ts'
import { reportText } from '../report-text.ts'

export interface RunVerbOptions extends EngineChoice {
  readonly param: Readonly<Record<string, string>>
  readonly reuse?: true
  readonly maxCost?: number
}

const NO_JOB = 'no job was run: export an Output as default, or call .run()'

export async function run(
  host: VerbHost,
  file: string,
  args: readonly string[],
  options: RunVerbOptions,
): Promise<void> {
  const { output, interrupt } = host
  const isArtefact = isArtefactPath(file)
  const path = isArtefact ? file : jobFilePath(file)
  chooseEngine(options)
  const rerun = isArtefact ? undefined : await rerunWithTypeStripping(path)
  if (rerun !== undefined) process.exit(rerun)

  const show = host.quiet ? 'nothing' : 'auto'
  let progress = await showProgress({ stream: process.stderr, show })
  const { onEvent } = progress
  let runs = 0
  const asked = {
    ...(options.reuse === true ? { reuse: true } : {}),
    ...(options.maxCost === undefined ? {} : { maxCost: options.maxCost }),
  }
  const withdraw = offerRunDefaults({
    signal: interrupt.signal,
    ...asked,
    // Each run reads it once, also one with a listener of its own.
    get onEvent() {
      runs++
      return onEvent
    },
  })
  try {
    const job = isArtefact
      ? await loadArtefact(path, { params: options.param, args })
      : await loadJobFile(path, { params: options.param, args })
    if (job.kind === 'script') {
      // A script may leave its run to a timer or a promise that nobody awaits.
      process.once('beforeExit', () => runs === 0 && interrupt.exitCode === undefined && output.say(NO_JOB))
      return
    }
    withdraw()
    progress.close()
    progress = await showProgress({ stream: process.stderr, show, success: 'reported' })
    const report = await job.dunlin.run(job.outputs, {
      signal: interrupt.signal,
      ...asked,
      onEvent: progress.onEvent,
      name: basename(path).replace(/\.\w+$/, ''),
    })
    progress.close()
    if (host.json) output.json(report)
    output.say(reportText(report, output.errPalette))
  } finally {
    progress.close()
  }
}

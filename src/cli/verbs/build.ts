/** `dunlin build job.ts`: captures a job ahead of time into an artefact that `dunlin run` submits. */
import { basename, resolve } from 'node:path'
import { markUsed } from '../../dataset/output.ts'
import { writeArtefact } from '../../engine/artefact.ts'
import { codeText } from '../../engine/code-text.ts'
import { hasDefaultExport, jobFilePath, loadJobFile, rerunWithTypeStripping } from '../job-file.ts'
import type { VerbHost } from '../main.ts'
import { UsageError } from '../usage-error.ts'

export interface BuildVerbOptions {
  readonly param: Readonly<Record<string, string>>
  readonly output?: string
}

export async function buildJob(host: VerbHost, file: string, options: BuildVerbOptions): Promise<void> {
  const path = jobFilePath(file)
  if (!(await hasDefaultExport(path))) {
    throw new UsageError(
      `${file} has no default export: it is a script, and to build it would be to run it`,
      'Export the output as default: export default read.text(…)….write.csv(…)',
    )
  }
  const rerun = await rerunWithTypeStripping(path)
  if (rerun !== undefined) process.exit(rerun)
  const job = await loadJobFile(path, { params: options.param, args: [] })
  if (job.kind === 'script') throw new UsageError(`${file} has no default export`)
  markUsed(job.outputs)
  const directory = options.output ?? `${basename(path).replace(/\.\w+$/, '')}.dunlin`
  const { hash, shipped } = await writeArtefact(
    job.outputs.map(output => output.logical),
    resolve(directory),
  )
  for (const warning of shipped?.warnings ?? []) host.output.say(`warning: ${warning}`)
  if (host.json) host.output.json({ directory, hash, code: shipped?.hash ?? null })
  else host.output.data(directory)
  host.output.say(`${codeText(shipped)}\nrun it with: dunlin run ${directory}`)
}

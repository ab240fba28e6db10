/** `dunlin build job.ts`: captures a job ahead of time into an artefact that `dunlin run` submits. */
import { basename, resolve } from 'node:path'
import { markUsed } from '../../dataset/output.ts'
import { writeArtefact } from '../../engine/artefact.ts'
import { codeText } from '../../engine/code-text.ts'
import { loadExported } from '../job-file.ts'
import type { VerbHost } from '../main.ts'

export interface BuildVerbOptions {
  readonly param: Readonly<Record<string, string>>
  readonly output?: string
}

export async function buildJob(host: VerbHost, file: string, options: BuildVerbOptions): Promise<void> {
  const job = await loadExported(file, options.param, {
    verb: 'build',
    hint: 'Export the output as default: export default read.text(…)….write.csv(…)',
  })
  markUsed(job.outputs)
  const directory = options.output ?? `${basename(file).replace(/\.\w+$/, '')}.dunlin`
  const { hash, shipped } = await writeArtefact(
    job.outputs.map(output => output.logical),
    resolve(directory),
  )
  for (const warning of shipped?.warnings ?? []) host.output.say(`warning: ${warning}`)
  if (host.json) host.output.json({ directory, hash, code: shipped?.hash ?? null })
  else host.output.data(directory)
  host.output.say(`${codeText(shipped)}\nrun it with: dunlin run ${directory}`)
}

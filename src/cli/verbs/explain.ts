/** `dunlin explain job.ts`: prints the plan of a job file. */
import { hasDefaultExport, jobFilePath, loadJobFile, rerunWithTypeStripping } from '../job-file.ts'
import type { VerbHost } from '../main.ts'
import { UsageError } from '../usage-error.ts'

export interface ExplainVerbOptions {
  readonly param: Readonly<Record<string, string>>
  readonly code?: true
}

export async function explain(host: VerbHost, file: string, options: ExplainVerbOptions): Promise<void> {
  const path = jobFilePath(file)
  if (!(await hasDefaultExport(path))) {
    throw new UsageError(
      `${file} has no default export: it is a script, and to explain it would be to run it`,
      'Export the output as default, or print `await output.explain()` in the script.',
    )
  }
  const rerun = await rerunWithTypeStripping(path)
  if (rerun !== undefined) process.exit(rerun)
  const job = await loadJobFile(path, { params: options.param, args: [] })
  if (job.kind === 'script') throw new UsageError(`${file} has no default export`)
  const text = await job.dunlin.explain(job.outputs, { code: options.code === true })
  if (host.json) host.output.json({ explain: text })
  else host.output.data(text)
}

/** `dunlin explain job.ts`: prints the plan of a job file. */
import { build } from 'esbuild'
import { jobFilePath, loadJobFile, rerunWithTypeStripping } from '../job-file.ts'
import type { VerbHost } from '../main.ts'
import { unreadableBuild } from '../unreadable.ts'
import { UsageError } from '../usage-error.ts'

export interface ExplainVerbOptions {
  readonly param: Readonly<Record<string, string>>
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
  const text = await job.dunlin.explain(job.outputs)
  if (host.json) host.output.json({ explain: text })
  else host.output.data(text)
}

/** Looked up in the text: importing a script runs it. */
async function hasDefaultExport(path: string): Promise<boolean> {
  const building = build({
    entryPoints: [path],
    bundle: false,
    write: false,
    metafile: true,
    format: 'esm',
    logLevel: 'silent',
    outdir: '.',
  })
  const result = await building.catch((failure: unknown) => {
    throw unreadableBuild(failure) ?? failure
  })
  return Object.values(result.metafile.outputs).some(output => output.exports.includes('default'))
}

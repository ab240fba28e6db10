/** `dunlin explain job.ts`: prints the plan of a job file. */
import { chooseStore, type StoreChoice } from '../engine-choice.ts'
import { loadExported } from '../job-file.ts'
import type { VerbHost } from '../main.ts'

export interface ExplainVerbOptions extends Pick<StoreChoice, 'engine'> {
  readonly param: Readonly<Record<string, string>>
  readonly code?: true
}

export async function explain(host: VerbHost, file: string, options: ExplainVerbOptions): Promise<void> {
  chooseStore(options)
  const job = await loadExported(file, options.param, {
    verb: 'explain',
    hint: 'Export the output as default, or print `await output.explain()` in the script.',
  })
  const text = await job.dunlin.explain(job.outputs, { code: options.code === true })
  if (host.json) host.output.json({ explain: text })
  else host.output.data(text)
}

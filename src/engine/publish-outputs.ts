/** The outputs of one job: checked before it runs, published when it has succeeded, cleared away when it has not. */
import { schemaText } from '../../operators/index.ts'
import type { WrittenOutput } from '../events/job-event.ts'
import type { ReportBuilder } from '../events/report.ts'
import type { JobResults } from '../scheduler/run-job.ts'
import { checkOutput } from '../sink/check-output.ts'
import { discardAttempts, publishOutput } from '../sink/publish.ts'
import type { CommittedPart } from '../task/task-event.ts'
import type { Engine } from './engine.ts'
import type { PreparedPlan } from './prepare-plan.ts'

/** The outputs that are written, each with the store whose root is its directory. */
function targets(prepared: PreparedPlan, engine: Engine) {
  return prepared.logical.outputs.flatMap((output, index) =>
    output.kind === 'write' ? [{ ...output, index, store: engine.stores.open(output.uri) }] : [],
  )
}

/** @throws DunlinError `OUTPUT_NOT_EMPTY` for a directory that holds what the job may not replace */
export async function checkOutputs(job: string, prepared: PreparedPlan, engine: Engine): Promise<void> {
  for (const { store, mode } of targets(prepared, engine)) await checkOutput({ store, mode, job })
}

export async function publishOutputs(
  job: string,
  prepared: PreparedPlan,
  engine: Engine,
  results: JobResults,
  progress: ReportBuilder,
): Promise<readonly WrittenOutput[]> {
  // The chain of counts: what each stage was given and gave.
  const counts = progress
    .parts()
    .stages.map(({ id, title, rowsIn, rowsOut }) => ({ stage: id, title, rowsIn, rowsOut }))
  // Whatever can be known to stand in the way is known before the first part moves.
  await checkOutputs(job, prepared, engine)
  const written: WrittenOutput[] = []
  for (const { uri, mode, format, index, store } of targets(prepared, engine)) {
    const stage = prepared.planned.plan.stages.find(
      one => one.output.kind === 'write' && one.output.output === index,
    )!
    const schema = results.schemas.get(stage.id) ?? null
    const parts = filledParts(results.results.get(stage.id)!.map(task => task.part!))
    await publishOutput({
      store,
      job,
      format,
      mode,
      parts,
      schema: schema === null ? null : schemaText(schema),
      counts,
    })
    written.push({
      uri,
      parts: parts.length,
      rows: parts.reduce((sum, part) => sum + part.rows, 0),
      bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    })
  }
  return written
}

/** What attempts of an unfinished job wrote below its outputs. */
export async function discardOutputs(job: string, prepared: PreparedPlan, engine: Engine): Promise<void> {
  for (const { store } of targets(prepared, engine)) await discardAttempts({ store, job })
}

/** Parts without rows are left out (a CSV part of them may lack its header), but one if there are no others. */
function filledParts(parts: readonly CommittedPart[]): readonly CommittedPart[] {
  const filled = parts.filter(part => part.rows > 0)
  return filled.length > 0 ? filled : parts.slice(0, 1)
}

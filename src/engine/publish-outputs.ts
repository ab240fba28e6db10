/** The outputs of one job: checked before it runs, published when it has succeeded, cleared away when it has not. */
import { schemaText } from '../../operators/index.ts'
import type { PhysicalPlan, Stage, WriteMode } from '../../planner/index.ts'
import type { WrittenOutput } from '../events/job-event.ts'
import type { ReportBuilder } from '../events/report.ts'
import type { JobResults } from '../scheduler/run-job.ts'
import { checkOutput } from '../sink/check-output.ts'
import { appendNameOf } from '../sink/output-keys.ts'
import { discardAttempts, discardUnlisted, isBegun, publishOutput } from '../sink/publish.ts'
import type { ManifestPart } from '../sink/success-manifest.ts'
import type { ObjectStore, Stores } from '../store/object-store.ts'
import type { CommittedPart } from '../task/task-event.ts'

export interface OutputsOfJob {
  readonly job: string
  /** Of the driver that clears away; what a later one has asked for stays. Default: all goes. */
  readonly epoch?: number
  readonly plan: PhysicalPlan
  /** Opens the directories of the outputs. */
  readonly stores: Stores
}

type WriteStage = Stage & { readonly output: Extract<Stage['output'], { kind: 'write' }> }

const isWriting = (stage: Stage): stage is WriteStage => stage.output.kind === 'write'

/** The outputs that are written, in their order, each with the store whose root is its directory. */
function targets({
  plan,
  stores,
}: OutputsOfJob): { readonly stage: WriteStage; readonly store: ObjectStore }[] {
  return plan.stages
    .filter(isWriting)
    .sort((a, b) => a.output.output - b.output.output)
    .map(stage => ({ stage, store: stores.open(stage.output.uri) }))
}

/** @throws DunlinError `OUTPUT_NOT_EMPTY` for a directory that holds what the job may not replace */
export async function checkOutputs(outputs: OutputsOfJob): Promise<void> {
  const { job } = outputs
  for (const { store, stage } of targets(outputs)) {
    await checkOutput({ store, mode: stage.output.mode, job })
  }
}

/** The same before the first part moves, by a driver that another may have been before. */
export async function checkUnpublished(outputs: OutputsOfJob): Promise<void> {
  const { job } = outputs
  for (const { store, stage } of targets(outputs)) {
    if (!(await isBegun(store, job))) await checkOutput({ store, mode: stage.output.mode, job })
  }
}

export interface Publication extends OutputsOfJob {
  readonly epoch: number
  readonly results: JobResults
  readonly report: ReportBuilder
  /** Whether this driver still has the job: another one's output is not taken back. */
  readonly isOurs: () => Promise<boolean>
  /** Called as soon as an output is visible: it stays so, also where a later one cannot be published. */
  readonly written: (output: WrittenOutput) => void
}

export async function publishOutputs(publication: Publication): Promise<void> {
  const { job, epoch, results, report, isOurs } = publication
  // The chain of counts: what each stage was given and gave.
  const counts = report
    .parts()
    .stages.map(({ id, title, rowsIn, rowsOut }) => ({ stage: id, title, rowsIn, rowsOut }))
  for (const { stage, store } of targets(publication)) {
    const { uri, mode, format } = stage.output
    const schema = results.schemas.get(stage.id) ?? null
    const parts = filledParts(results.results.get(stage.id)!.map(task => task.part!))
    const { parts: visible } = await publishOutput({
      store,
      job,
      epoch,
      format,
      mode,
      parts,
      schema: schema === null ? null : schemaText(schema),
      counts,
      isOurs,
    })
    // Of a job that was retried they may be those of its first try, which were visible already.
    publication.written(writtenOutput(uri, ownParts(job, mode, visible)))
  }
}

type VisiblePart = Pick<ManifestPart, 'rows' | 'bytes'>

/** In mode `append` the manifest lists those of earlier jobs too. */
function ownParts(job: string, mode: WriteMode, parts: readonly ManifestPart[]): readonly ManifestPart[] {
  return mode === 'append' ? parts.filter(({ name }) => appendNameOf(name)?.job === job) : parts
}

/** What a report says of parts that are visible now. */
export function writtenOutput(uri: string, parts: readonly VisiblePart[]): WrittenOutput {
  return {
    uri,
    parts: parts.length,
    rows: parts.reduce((sum, part) => sum + (part.rows ?? 0), 0),
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
  }
}

/** What a job that was given up while it appended has left where data is. */
export async function discardAppended(outputs: OutputsOfJob): Promise<void> {
  for (const { store, stage } of targets(outputs)) {
    if (stage.output.mode === 'append') await discardUnlisted({ ...outputs, store })
  }
}

/** What attempts of an unfinished job wrote below its outputs. */
export async function discardOutputs(outputs: OutputsOfJob): Promise<void> {
  for (const { store } of targets(outputs)) await discardAttempts({ ...outputs, store })
}

/** Parts without rows are left out (a CSV part of them may lack its header), but one if there are no others. */
function filledParts(parts: readonly CommittedPart[]): readonly CommittedPart[] {
  const filled = parts.filter(part => part.rows > 0)
  return filled.length > 0 ? filled : parts.slice(0, 1)
}

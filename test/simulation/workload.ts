/** Workload: a pipeline over small inputs, and what its outputs must be by plain arrays. */
import type { UserFn, WriteFormat } from '../../operators/index.ts'
import { decodeArrowFile, recordsOf } from '../../operators/index.ts'
import {
  type Facts,
  type FunctionFacts,
  functionsOf,
  type Listing,
  type LogicalOutput,
  plan,
  type ScanNode,
  scansOf,
  type WriteMode,
} from '../../planner/index.ts'
import type { Dataset } from '../../src/dataset/dataset.ts'
import type { PreparedPlan } from '../../src/engine/prepare-plan.ts'
import { jobKeys } from '../../src/job/job-records.ts'
import { listSource } from '../../src/source/list-source.ts'
import { stageValues } from '../../src/source/stage-values.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { createStores } from '../../src/store/open-stores.ts'
import type { SpaceObject } from './object-space.ts'
import { ENGINE_URI } from './world.ts'

type PlanOptions = NonNullable<Parameters<typeof plan>[2]>

/** Of a task: waited for in virtual time, but drivers and workers look at their lease all the while. */
export const TIMEOUT_MS = 120_000

export const JOB = '20260101-000000-sim000'
/** A job that has ended before that. */
export const EARLIER_JOB = '20251231-000000-sim000'

/** One output of a job, as its reader finds it: the parts of a directory one after another, or records. */
export type Found =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'records'; readonly records: readonly unknown[] }

export interface Workload {
  readonly name: string
  /** A job that has run before, without faults: what it left is there. */
  readonly earlier?: Workload
  /** It uses again what the earlier job has computed, and which has kept it. */
  readonly reuse?: true
  /** Of a job that skips bad records: what the dead letters say of them, in any order. */
  readonly letters?: readonly string[]
  /** Files by root URI and key. */
  readonly files?: Readonly<Record<string, Readonly<Record<string, string>>>>
  outputs(): readonly LogicalOutput[]
  readonly plan?: PlanOptions
  /** What is wrong with the outputs, by the array model. */
  check(outputs: readonly Found[]): string | null
  /** Run again, its functions give the same rows in the same order: then so are its outputs, byte for byte. */
  readonly isDeterminate: boolean
}

export interface PreparedWorkload {
  readonly workload: Workload
  readonly prepared: PreparedPlan
  readonly functions: readonly UserFn[]
  /** What is in the stores when the job is submitted. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, SpaceObject>>
  /** Of the attempts of the earlier job that had won. */
  readonly earlierNonces: ReadonlySet<string>
}

type Described = Pick<Dataset<unknown>, 'node'>

/** What `dataset.write` gives, without being watched for not being run. */
export const written = (
  { node }: Described,
  format: WriteFormat,
  uri: string,
  mode: WriteMode = 'fail',
): LogicalOutput => ({
  kind: 'write',
  input: node,
  uri,
  format,
  mode,
})

/** What `collect` runs. */
export const collected = ({ node }: Described): LogicalOutput => ({ kind: 'result', input: node })

/** Lists, stages and plans, once for all seeds; functions are not shipped but given. Nothing has run before. */
export async function prepareWorkload(workload: Workload): Promise<PreparedWorkload> {
  const stores = createStores()
  for (const [uri, files] of Object.entries(workload.files ?? {})) {
    for (const [key, text] of Object.entries(files)) await stores.open(uri).put(key, Buffer.from(text))
  }
  const logical = { outputs: workload.outputs() }
  const listings = new Map<ScanNode, Listing>()
  for (const [index, scan] of [...scansOf(logical)].entries()) {
    listings.set(scan, await listingOf(scan, index, stores))
  }
  const functions = [...functionsOf(logical)]
  const facts: Facts = {
    listings,
    functions: new Map(functions.map((fn, index) => [fn, factsOf(index)])),
    codeHash: functions.length === 0 ? '' : `simulated-${workload.name}`,
    engine: {
      name: 'simulated',
      slots: 4,
      bytesPerSecond: 50e6,
      dollars: { perGbSecond: 0, perTask: 0, perGet: 0, perPut: 0 },
    },
  }
  const uris = new Set([ENGINE_URI, ...Object.keys(workload.files ?? {})])
  const objects = new Map<string, ReadonlyMap<string, SpaceObject>>()
  for (const uri of uris) objects.set(uri, await objectsOf(stores.open(uri)))
  return {
    workload,
    prepared: {
      logical,
      planned: plan(logical, facts, { timeoutMs: TIMEOUT_MS, ...workload.plan }),
      facts,
      shipped: null,
    },
    functions: functions as unknown as readonly UserFn[],
    objects,
    earlierNonces: new Set(),
  }
}

async function listingOf(
  { source }: ScanNode,
  index: number,
  stores: ReturnType<typeof createStores>,
): Promise<Listing> {
  if (source.kind === 'files') return listSource(source, { stores, baseUri: 'memory://data/' })
  if (source.kind === 'range') return { objects: [] }
  const keyPrefix = `${jobKeys.folder(JOB)}values/${index}-`
  return stageValues(source.values, { store: stores.open(ENGINE_URI), keyPrefix })
}

/** All that may be known of a function without reading it. */
const factsOf = (index: number): FunctionFacts => ({
  index,
  name: `f${index}`,
  reads: [],
  escapes: true,
  passThrough: {},
  async: false,
})

async function objectsOf(store: ObjectStore): Promise<Map<string, SpaceObject>> {
  const objects = new Map<string, SpaceObject>()
  for await (const { key, version } of store.list(''))
    objects.set(key, { bytes: await store.get(key), version })
  return objects
}

/** Lines of an output of text. */
export function linesOf(found: Found | undefined): string[] {
  return found?.kind === 'text' ? found.text.split('\n').filter(line => line !== '') : ['there is no text']
}

export function recordsFound(found: Found | undefined): readonly unknown[] {
  return found?.kind === 'records' ? found.records : ['there are no records']
}

/** Null where both are the same; else both, shortened. */
export function difference(found: readonly unknown[], expected: readonly unknown[]): string | null {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  return a === b
    ? null
    : `${found.length} rows instead of ${expected.length}: ${a.slice(0, 300)} is not ${b.slice(0, 300)}`
}

/** The same, in whatever order. */
export function bagDifference(found: readonly unknown[], expected: readonly unknown[]): string | null {
  const sorted = (rows: readonly unknown[]): unknown[] => rows.map(row => JSON.stringify(row)).sort()
  return difference(sorted(found), sorted(expected))
}

export function recordsOfFile(bytes: Uint8Array): unknown[] {
  return decodeArrowFile(bytes).batches.flatMap(batch => [...recordsOf(batch)])
}

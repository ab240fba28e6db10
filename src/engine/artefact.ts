/** Artefacts: outputs whose functions were captured ahead, as files that any driver can submit. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { DunlinError } from '../../operators/index.ts'
import { functionsOf, type LogicalOutput, scansOf, type UserFunction } from '../../planner/index.ts'
import { dataOf } from '../ship/data-blob.ts'
import { hashOf } from '../ship/hash-of.ts'
import type { ShippedModule } from '../ship/ship.ts'
import { earlierArtefact, removeEarlier } from './artefact-directory.ts'
import { damaged, type Manifest, manifestOf, readManifest } from './artefact-manifest.ts'
import { MANIFEST } from './artefact-name.ts'
import { standIn } from './captured-ahead.ts'

/** What `from(iterable)` may put into an artefact. */
const MAX_VALUES_BYTES = 64 * 2 ** 20

type Replace = (value: unknown) => unknown

/** A copy of plain objects and arrays in which some values are others; what is shared stays shared. */
function copied(root: unknown, replace: Replace): unknown {
  const copies = new Map<object, unknown>()
  const copy = (value: unknown): unknown => {
    const other = replace(value)
    if (other !== value) return other
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date)
      return value
    const known = copies.get(value)
    if (known !== undefined) return known
    const made: unknown = Array.isArray(value)
      ? value.map(copy)
      : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copy(one)]))
    copies.set(value, Object.freeze(made))
    return made
  }
  return copy(root)
}

/** The values of each `from(iterable)`, as arrays; refused here by the rules of a run. */
async function valuesOf(outputs: readonly LogicalOutput[]): Promise<Map<unknown, readonly unknown[]>> {
  const { stageValues } = await import('../source/stage-values.ts')
  const { MemoryStore } = await import('../store/memory-store.ts')
  const values = new Map<unknown, readonly unknown[]>()
  for (const { source } of scansOf({ outputs })) {
    if (source.kind !== 'values' || values.has(source.values)) continue
    // Promises in an array are not awaited: no run does.
    const list =
      Symbol.asyncIterator in source.values ? await Array.fromAsync(source.values) : [...source.values]
    const schema = source.schema === undefined ? {} : { schema: source.schema }
    await stageValues(list, { store: new MemoryStore({ name: 'build' }), keyPrefix: 'values-', ...schema })
    values.set(source.values, list)
  }
  return values
}

/** The file `.plan`. Functions are known by identity: data may look like anything else. */
interface StoredPlan {
  readonly outputs: readonly LogicalOutput[]
  /** One empty object a function, which stands in its place in the outputs. */
  readonly places: readonly object[]
}

export interface BuiltArtefact {
  readonly directory: string
  /** Of the whole: the same outputs give the same one, where they are built from the same files in the same place. */
  readonly hash: string
  readonly shipped: ShippedModule | null
}

/**
 * Captures the functions of the outputs and writes all that a driver needs to run them into a directory: the manifest
 * `artefact.json`, and beside it the plan, the code, its data and its source map under their hashes. An earlier artefact
 * that is there is replaced.
 *
 * @throws DunlinError `OUTPUT_NOT_EMPTY` for a directory that holds anything else; `CANNOT_SHIP` and `TYPE_MISMATCH` as `run`; `TOO_LARGE` for values of more than 64 MB
 */
export async function writeArtefact(
  outputs: readonly LogicalOutput[],
  directory: string,
): Promise<BuiltArtefact> {
  const earlier = await earlierArtefact(directory)
  const { ship } = await import('../ship/ship.ts')
  const functions = functionsOf({ outputs })
  const shipped = functions.length === 0 ? null : await ship(functions, { ahead: true })
  const values = await valuesOf(outputs)
  const places = new Map<unknown, object>(functions.map(fn => [fn, {}]))
  const stored = copied(outputs, value => {
    if (typeof value === 'function') return places.get(value)
    return values.get(value) ?? value
  })
  // Not as captured data is encoded: of a view only its window is written, never the memory around it.
  const plan = serialize({ outputs: stored, places: [...places.values()] })
  if (plan.byteLength > MAX_VALUES_BYTES) {
    throw new DunlinError(
      'TOO_LARGE',
      `the values of the pipeline take ${plan.byteLength} bytes in the artefact`,
      {
        hint: 'Write them to a file or object, and read that as a dataset.',
      },
    )
  }
  const map = shipped === null ? null : Buffer.from(shipped.sourceMap)
  const manifest = manifestOf({
    code: shipped?.hash ?? null,
    map: map === null ? null : hashOf(map),
    data: [...(shipped?.blobs.keys() ?? [])],
    plan: hashOf(plan),
    functions: shipped?.functions ?? [],
    packages: shipped?.packages ?? [],
    captured: shipped?.captured ?? [],
    warnings: shipped?.warnings ?? [],
  })
  const files: [string, Uint8Array][] = [[`${manifest.plan}.plan`, plan]]
  if (shipped !== null && map !== null) {
    files.push([`${shipped.hash}.mjs`, shipped.source], [`${manifest.map}.map`, map])
    for (const [hash, bytes] of shipped.blobs) files.push([`${hash}.bin`, bytes])
  }
  await mkdir(directory, { recursive: true })
  // Meanwhile it is no artefact: the old manifest would lead to files of two of them.
  await rm(join(directory, MANIFEST), { force: true })
  await removeEarlier(
    directory,
    earlier,
    files.map(([name]) => name),
  )
  await Promise.all(files.map(([name, bytes]) => writeFile(join(directory, name), bytes)))
  // Last: a directory that has it is whole.
  await writeFile(join(directory, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`)
  return { directory, hash: manifest.hash, shipped }
}

/**
 * What `writeArtefact` wrote.
 *
 * @throws DunlinError `NOT_FOUND` where there is none; `CONFIGURATION` where another version of dunlin or an older Node
 * reads it; `CORRUPT` where a file was changed
 */
export async function readArtefact(directory: string): Promise<readonly LogicalOutput[]> {
  const file = join(directory, MANIFEST)
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new DunlinError('NOT_FOUND', `there is no artefact in ${directory}`, {
      cause,
      hint: 'Make one with `dunlin build job.ts -o <directory>`.',
    })
  })
  const manifest = readManifest(text, file)
  const read = async (hash: string, ending: string): Promise<Uint8Array> => {
    const path = join(directory, `${hash}.${ending}`)
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw damaged(path, cause)
    })
    if (hashOf(bytes) !== hash) throw damaged(path)
    return bytes
  }
  const module = await moduleOf(manifest, read)
  if (module !== null && dataOf(module.source).join() !== manifest.data.join()) throw damaged(file)
  const functions = module === null ? [] : manifest.functions.map(facts => standIn(module, facts))
  const { outputs, places } = planOf(
    await read(manifest.plan, 'plan'),
    join(directory, `${manifest.plan}.plan`),
  )
  if (places.length !== functions.length) throw damaged(file)
  const functionAt = new Map<unknown, UserFunction>(places.map((place, i) => [place, functions[i]!]))
  return copied(outputs, value => functionAt.get(value) ?? value) as readonly LogicalOutput[]
}

function planOf(bytes: Uint8Array, file: string): StoredPlan {
  try {
    const plan = deserialize(bytes) as StoredPlan
    if (Array.isArray(plan.outputs) && Array.isArray(plan.places)) return plan
  } catch (error) {
    throw damaged(file, error)
  }
  throw damaged(file)
}

async function moduleOf(
  { code, map, data, functions, packages, captured: variables, warnings }: Manifest,
  read: (hash: string, ending: string) => Promise<Uint8Array>,
): Promise<ShippedModule | null> {
  if (code === null || map === null) return null
  const [source, sourceMap, ...blobs] = await Promise.all([
    read(code, 'mjs'),
    read(map, 'map'),
    ...data.map(hash => read(hash, 'bin')),
  ])
  return {
    hash: code,
    source: source!,
    sourceMap: Buffer.from(sourceMap!).toString(),
    blobs: new Map(data.map((hash, i) => [hash, blobs[i]!])),
    ...{ functions, packages, captured: variables, warnings },
  }
}

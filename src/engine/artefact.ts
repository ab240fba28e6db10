/** Artefacts: outputs whose functions were captured ahead, as files that any driver can submit. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { DunlinError } from '../../operators/index.ts'
import {
  type FunctionFacts,
  functionsOf,
  type LogicalOutput,
  type UserFunction,
} from '../../planner/index.ts'
import { hashOf } from '../ship/load-module.ts'
import { type ShippedModule, ship } from '../ship/ship.ts'
import { engineVersion } from './engine-version.ts'

/** The file that a directory is known by as an artefact. */
export const MANIFEST = 'artefact.json'
const FUNCTION = 'dunlin:function'
/** What `from(iterable)` may put into an artefact. */
const MAX_VALUES_BYTES = 64 * 2 ** 20

interface Manifest extends Pick<ShippedModule, 'functions' | 'packages' | 'captured' | 'warnings'> {
  readonly version: 1
  readonly engineVersion: string
  /** Major version of the Node that captured: data is in its format. */
  readonly node: number
  /** Hashes of the other files. */
  readonly code: string | null
  readonly data: readonly string[]
  readonly plan: string
}

const nodeMajor = (): number => Number(process.versions.node.split('.')[0])

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

/** The values of each `from(iterable)`, as arrays. */
async function valuesOf(outputs: readonly LogicalOutput[]): Promise<Map<unknown, readonly unknown[]>> {
  const { scansOf } = await import('../../planner/index.ts')
  const values = new Map<unknown, readonly unknown[]>()
  for (const { source } of scansOf({ outputs }))
    if (source.kind === 'values') values.set(source.values, await Array.fromAsync<unknown>(source.values))
  return values
}

export interface BuiltArtefact {
  readonly directory: string
  /** Of the whole: the same outputs give the same one. */
  readonly hash: string
  readonly shipped: ShippedModule | null
}

/**
 * Captures the functions of the outputs and writes all that a driver needs to run them into a directory: the manifest
 * `artefact.json`, and beside it the plan, the code, its data and its source map under their hashes.
 *
 * @throws DunlinError `CANNOT_SHIP` as `run`; `TOO_LARGE` for values of more than 64 MB
 */
export async function writeArtefact(
  outputs: readonly LogicalOutput[],
  directory: string,
): Promise<BuiltArtefact> {
  const functions = functionsOf({ outputs })
  const shipped = functions.length === 0 ? null : await ship(functions)
  const values = await valuesOf(outputs)
  const index = new Map<unknown, number>(functions.map((fn, i) => [fn, i]))
  // Not as captured data is encoded: of a view only its window is written, never the memory around it.
  const plan = serialize(
    copied(outputs, value => {
      if (typeof value === 'function') return { [FUNCTION]: index.get(value) }
      const list = values.get(value)
      return list === undefined || list === value ? value : list
    }),
  )
  if (plan.byteLength > MAX_VALUES_BYTES) {
    throw new DunlinError(
      'TOO_LARGE',
      `the values of the pipeline take ${plan.byteLength} bytes in the artefact`,
      {
        hint: 'Write them to a file or object, and read that as a dataset.',
      },
    )
  }
  const manifest: Manifest = {
    version: 1,
    engineVersion,
    node: nodeMajor(),
    code: shipped?.hash ?? null,
    data: [...(shipped?.blobs.keys() ?? [])],
    plan: hashOf(plan),
    functions: shipped?.functions ?? [],
    packages: shipped?.packages ?? [],
    captured: shipped?.captured ?? [],
    warnings: shipped?.warnings ?? [],
  }
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  await mkdir(directory, { recursive: true })
  const files: [string, Uint8Array][] = [[`${manifest.plan}.plan`, plan]]
  if (shipped !== null) {
    files.push(
      [`${shipped.hash}.mjs`, shipped.source],
      [`${shipped.hash}.map`, Buffer.from(shipped.sourceMap)],
    )
    for (const [hash, bytes] of shipped.blobs) files.push([`${hash}.bin`, bytes])
  }
  await Promise.all(files.map(([name, bytes]) => writeFile(join(directory, name), bytes)))
  // Last: a directory that has it is whole.
  await writeFile(join(directory, MANIFEST), text)
  return { directory, hash: hashOf(text), shipped }
}

/** Functions of artefacts, which are only names for those in a shipped module, with the module and what is known of them. */
const captured = new WeakMap<
  UserFunction,
  { readonly module: ShippedModule; readonly facts: FunctionFacts }
>()

function standIn(module: ShippedModule, facts: FunctionFacts): UserFunction {
  const fn = (): never => {
    throw new DunlinError(
      'INVALID_ARGUMENT',
      `${facts.name || 'a function'} of an artefact runs on workers only`,
    )
  }
  Object.defineProperty(fn, 'name', { value: facts.name })
  captured.set(fn, { module, facts })
  return fn
}

/**
 * The module that these functions were captured into ahead; undefined where they were not.
 *
 * @throws DunlinError `INVALID_PLAN` where only some of them were, or into another module
 */
export function capturedAhead(functions: readonly UserFunction[]): ShippedModule | undefined {
  const found = functions.map(fn => captured.get(fn))
  if (found.every(one => one === undefined)) return undefined
  const module = found[0]?.module
  if (module === undefined || found.some(one => one?.module !== module)) {
    throw new DunlinError(
      'INVALID_PLAN',
      'outputs of an artefact cannot be in one job with others that have functions',
      {
        hint: 'Run them one after the other, or build one artefact of all.',
      },
    )
  }
  return { ...module, functions: found.map(one => one!.facts) }
}

function damaged(file: string): DunlinError {
  return new DunlinError('CORRUPT', `the artefact is damaged: ${file} is not what its name says`, {
    hint: 'Build it again with `dunlin build`.',
  })
}

/**
 * What `writeArtefact` wrote.
 *
 * @throws DunlinError `NOT_FOUND` where there is none; `CONFIGURATION` where another version of dunlin or an older Node
 * reads it; `CORRUPT` where a file is not what its name says
 */
export async function readArtefact(directory: string): Promise<readonly LogicalOutput[]> {
  const file = join(directory, MANIFEST)
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new DunlinError('NOT_FOUND', `there is no artefact in ${directory}`, {
      cause,
      hint: 'Make one with `dunlin build job.ts -o <directory>`.',
    })
  })
  let manifest: Manifest
  try {
    manifest = JSON.parse(text) as Manifest
  } catch {
    throw damaged(file)
  }
  if (manifest.version !== 1 || manifest.engineVersion !== engineVersion || manifest.node > nodeMajor()) {
    throw new DunlinError(
      'CONFIGURATION',
      `${directory} was built by dunlin ${manifest.engineVersion} on Node ${manifest.node}; this is dunlin ${engineVersion} on Node ${nodeMajor()}`,
      { hint: 'Build it again with the version that runs it.' },
    )
  }
  const read = async (hash: string, ending: string): Promise<Uint8Array> => {
    const path = join(directory, `${hash}.${ending}`)
    const bytes = await readFile(path).catch(() => {
      throw damaged(path)
    })
    if (ending !== 'map' && hashOf(bytes) !== hash) throw damaged(path)
    return bytes
  }
  const module = await moduleOf(manifest, read)
  const functions = module === null ? [] : manifest.functions.map(facts => standIn(module, facts))
  const plan = deserialize(await read(manifest.plan, 'plan'))
  return copied(plan, value => {
    const at =
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[FUNCTION] : undefined
    return typeof at === 'number' ? functions[at] : value
  }) as readonly LogicalOutput[]
}

async function moduleOf(
  { code, data, functions, packages, captured: variables, warnings }: Manifest,
  read: (hash: string, ending: string) => Promise<Uint8Array>,
): Promise<ShippedModule | null> {
  if (code === null) return null
  const [source, map, ...blobs] = await Promise.all([
    read(code, 'mjs'),
    read(code, 'map'),
    ...data.map(hash => read(hash, 'bin')),
  ])
  return {
    hash: code,
    source: source!,
    sourceMap: Buffer.from(map!).toString(),
    blobs: new Map(data.map((hash, i) => [hash, blobs[i]!])),
    ...{ functions, packages, captured: variables, warnings },
  }
}

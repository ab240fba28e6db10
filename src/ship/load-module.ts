/** Loads a shipped module on a worker, after checking that it is the one that was asked for. */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DunlinError } from '../../operators/index.ts'
import { dataOf, loadingData } from './data-blob.ts'
import { hashOf } from './hash-of.ts'
// What modules find on the global object.
import './worker-values.ts'

/** A function of a shipped module: called with records whose types only its author knows. */
export type UserFn = (...args: never[]) => unknown

export interface LoadRequest {
  /** What the task says; neither the store nor the disk is trusted to say it. */
  readonly hash: string
  readonly source: Uint8Array
  /** A folder that only this user can write to; `<hash>.mjs` is put there once. */
  readonly directory: string
  /** Fetches a blob of the module. What comes is checked too. */
  readonly readData?: (hash: string) => Promise<Uint8Array>
}

const loaded = new Map<string, Promise<readonly UserFn[]>>()

/**
 * The functions of a shipped module. A module is imported once per process, however often it is asked for. Throws
 * `CORRUPT` when `source` is not what `hash` says: unchecked bytes are never run.
 */
export function loadModule(request: LoadRequest): Promise<readonly UserFn[]> {
  const known = loaded.get(request.hash)
  if (known !== undefined) return known
  const loading = load(request)
  loaded.set(request.hash, loading)
  loading.catch(() => loaded.delete(request.hash))
  return loading
}

/** Whether this process has the module, so that nobody needs to fetch it. */
export function isLoaded(hash: string): boolean {
  return loaded.has(hash)
}

const DAMAGED = 'it was damaged or replaced in the store: remove it there, and run the pipeline again'

async function readBlobs(
  hashes: readonly string[],
  { hash: module, readData }: LoadRequest,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const blobs = new Map<string, Uint8Array>()
  for (const [i, bytes] of (await Promise.all(hashes.map(hash => readData?.(hash)))).entries()) {
    const hash = hashes[i]!
    if (bytes === undefined) throw new DunlinError('INTERNAL', `nobody reads the data of the code ${module}`)
    const actual = hashOf(bytes)
    if (actual !== hash) {
      throw new DunlinError(
        'CORRUPT',
        `the data ${hash} of the job's code ${module} has the hash ${actual}: code/${hash}.bin`,
        { hint: DAMAGED },
      )
    }
    blobs.set(hash, bytes)
  }
  return blobs
}

async function load(request: LoadRequest): Promise<readonly UserFn[]> {
  const { hash, source, directory } = request
  const actual = hashOf(source)
  if (actual !== hash) {
    throw new DunlinError(
      'CORRUPT',
      `the job's code has the hash ${actual}, but the task asks for ${hash}: code/${hash}.mjs`,
      { hint: DAMAGED },
    )
  }
  const blobs = await readBlobs(dataOf(source), request)
  const file = join(resolve(directory), `${hash}.mjs`)
  await put(file, source)
  const module = (await loadingData.during(blobs, () => importModule(file))) as { default?: unknown }
  const functions = module.default
  if (!Array.isArray(functions) || functions.some(fn => typeof fn !== 'function')) {
    throw new DunlinError('CORRUPT', `the job's code ${hash} is not a module of functions`)
  }
  return functions as UserFn[]
}

async function importModule(file: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DunlinError('USER_FUNCTION', `the job's code cannot be loaded on the worker: ${reason}`, {
      cause,
      hint: 'top-level code of the modules that functions import runs on every worker',
    })
  }
}

/** Puts the file there whole or not at all; several workers may do so at the same time. */
async function put(file: string, source: Uint8Array): Promise<void> {
  const present = await readFile(file).catch(() => null)
  if (present !== null && Buffer.compare(present, source) === 0) return
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, source, { mode: 0o600 })
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

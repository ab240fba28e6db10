/** Outputs of dunlin as sources: an unfinished one is not read, a finished one is read whole. */
import { DunlinError } from '../../operators/index.ts'
import { STAGING_PREFIX, SUCCESS_KEY } from '../sink/output-keys.ts'
import { readManifest, type SuccessManifest } from '../sink/success-manifest.ts'
import type { ObjectInfo, ObjectStore, RequestOptions } from '../store/object-store.ts'

export interface FilesOfOutputs {
  /** Data files, in order. */
  readonly files: readonly ObjectInfo[]
  /** Directories (`''`, or ending in `/`) that hold a `_SUCCESS`. */
  readonly finished: ReadonlySet<string>
  /** Directories that hold staging of a job, with its id. */
  readonly unfinished: ReadonlyMap<string, string>
}

/**
 * The files to read: those of an output that is being appended to are the ones that its manifest lists.
 *
 * @throws NOT_FOUND for an output that a job is still writing, or failed to; CORRUPT where a listed part is missing
 * or of another size.
 */
export async function completeFiles(
  store: ObjectStore,
  { files, finished, unfinished }: FilesOfOutputs,
  options: RequestOptions,
): Promise<readonly ObjectInfo[]> {
  let kept = files
  const sizes = new Map(files.map(file => [file.key, file.sizeBytes]))
  for (const directory of new Set([...finished, ...unfinished.keys()])) {
    const manifest = finished.has(directory) ? await readManifest(store, directory, options) : null
    const job = unfinished.get(directory)
    if (manifest === null && job !== undefined) throw unfinishedOutput(store.uri + directory, job)
    if (manifest === null) continue
    checkParts(store.uri, directory, manifest, sizes)
    if (job === undefined) continue
    const listed = new Set(manifest.parts.map(part => directory + part.name))
    kept = kept.filter(({ key }) => directoryOf(key) !== directory || listed.has(key))
  }
  return kept
}

/** Finds the marks of outputs among the keys of a listing. */
export class OutputMarks {
  readonly finished = new Set<string>()
  readonly unfinished = new Map<string, string>()

  /** `key` below the directory `base`. */
  add(key: string, base: string): void {
    const below = key.slice(base.length)
    if (below === SUCCESS_KEY || below.endsWith(`/${SUCCESS_KEY}`)) {
      this.finished.add(key.slice(0, key.length - SUCCESS_KEY.length))
      return
    }
    const at = below.startsWith(STAGING_PREFIX) ? 0 : below.indexOf(`/${STAGING_PREFIX}`) + 1
    if (at === 0 && !below.startsWith(STAGING_PREFIX)) return
    const directory = key.slice(0, base.length + at)
    this.unfinished.set(directory, key.slice(directory.length + STAGING_PREFIX.length).split('/')[0]!)
  }
}

export function directoryOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}

function checkParts(
  uri: string,
  directory: string,
  manifest: SuccessManifest,
  sizes: ReadonlyMap<string, number>,
): void {
  for (const { name, bytes } of manifest.parts) {
    const size = sizes.get(directory + name)
    if (size === bytes) continue
    const found = size === undefined ? 'is missing' : `has ${size} bytes instead of ${bytes}`
    throw new DunlinError('CORRUPT', `the output in ${uri}${directory} is not whole: ${name} ${found}`, {
      hint: 'Write the output again, or delete its _SUCCESS to read the files as they are.',
    })
  }
}

function unfinishedOutput(uri: string, job: string): DunlinError {
  return new DunlinError('NOT_FOUND', `the output in ${uri} is not finished: job ${job} is writing it, or failed to`, {
    hint: `Wait for the job, resume it, or clean it; without it, delete ${uri}${STAGING_PREFIX}`,
  })
}

/** Outputs of dunlin as sources: an unfinished one is not read, a finished one is read whole. */
import { DunlinError } from '../../operators/index.ts'
import { STAGING_PREFIX, SUCCESS_KEY } from '../sink/output-keys.ts'
import { readManifest, type SuccessManifest } from '../sink/success-manifest.ts'
import type { ObjectInfo, ObjectStore, RequestOptions } from '../store/object-store.ts'

/** The marks of outputs that a listing shows. */
export class OutputMarks {
  /** Directories (`''`, or ending in `/`) that hold a `_SUCCESS`. */
  readonly finished = new Set<string>()
  /** Directories that hold staging, and the job whose it is. */
  readonly unfinished = new Map<string, string>()

  add(key: string): void {
    const staging = key.startsWith(STAGING_PREFIX) ? 0 : key.indexOf(`/${STAGING_PREFIX}`) + 1
    if (staging > 0 || key.startsWith(STAGING_PREFIX)) {
      const directory = key.slice(0, staging)
      this.unfinished.set(directory, key.slice(staging + STAGING_PREFIX.length).split('/')[0]!)
    } else if (key === SUCCESS_KEY || key.endsWith(`/${SUCCESS_KEY}`)) {
      this.finished.add(key.slice(0, key.length - SUCCESS_KEY.length))
    }
  }
}

/**
 * Of all files below a directory, those to read: of an output that is being appended to, what its manifest lists.
 *
 * @throws NOT_FOUND for an output that a job is still writing, or failed to; CORRUPT where a listed part is missing
 * or of another size.
 */
export async function completeDirectory(
  store: ObjectStore,
  files: readonly ObjectInfo[],
  marks: OutputMarks,
  options: RequestOptions,
): Promise<readonly ObjectInfo[]> {
  const sizes = new Map(files.map(file => [file.key, file.sizeBytes]))
  for (const directory of marks.finished) {
    const manifest = await readManifest(store, directory, options)
    if (manifest !== null) checkParts(store.uri, directory, manifest, sizes)
  }
  return withoutUnlisted(store, files, marks.unfinished, options)
}

/** The same for files that were chosen by a pattern, which need not be all of an output. */
export async function completeMatches(
  store: ObjectStore,
  files: readonly ObjectInfo[],
  options: RequestOptions,
): Promise<readonly ObjectInfo[]> {
  const marks = new OutputMarks()
  for (const directory of new Set(files.map(file => directoryOf(file.key)))) {
    for await (const { key } of store.list(directory + STAGING_PREFIX, options)) {
      marks.add(key)
      break
    }
  }
  return withoutUnlisted(store, files, marks.unfinished, options)
}

async function withoutUnlisted(
  store: ObjectStore,
  files: readonly ObjectInfo[],
  unfinished: ReadonlyMap<string, string>,
  options: RequestOptions,
): Promise<readonly ObjectInfo[]> {
  let kept = files
  for (const [directory, job] of unfinished) {
    const manifest = await readManifest(store, directory, options)
    if (manifest === null) throw unfinishedOutput(store.uri + directory, job)
    const listed = new Set(manifest.parts.map(part => directory + part.name))
    kept = kept.filter(({ key }) => directoryOf(key) !== directory || listed.has(key))
  }
  return kept
}

function directoryOf(key: string): string {
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
  return new DunlinError(
    'NOT_FOUND',
    `the output in ${uri} is not finished: job ${job} is writing it, or failed to`,
    {
      hint: `Wait for the job, resume it or clean it; if it is gone for good, delete ${uri}${STAGING_PREFIX}`,
    },
  )
}

/** Outputs of dunlin as sources: an unfinished one is not read, a finished one is read whole. */
import { DunlinError } from '../../operators/index.ts'
import { appendNameOf, STAGING_PREFIX, SUCCESS_KEY } from '../sink/output-keys.ts'
import { readManifest, type SuccessManifest } from '../sink/success-manifest.ts'
import type { ObjectInfo, ObjectStore, RequestOptions } from '../store/object-store.ts'

/** How often a place is listed into which others write meanwhile. */
const LISTINGS = 5
/** A name that dunlin gives to a part: only such files can be some of an output. */
const PART_NAME = /^part-(a\d{5,}-.+-)?\d{5,}\.\w+$/

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

/** What one listing gives. */
export interface FoundFiles {
  readonly files: readonly ObjectInfo[]
  /** Of a directory. A pattern shows none, and may choose some files of an output. */
  readonly marks: OutputMarks | null
}

/**
 * Of all files that are found, those to read: of an output that is being appended to, what its manifest lists.
 *
 * A listing takes time, in which outputs appear: parts that a manifest has and the listing has not are looked for by
 * another one, which begins after that manifest was there.
 *
 * @throws NOT_FOUND for an output that a job is still writing, or failed to; CORRUPT where a listed part is missing
 * or of another size; STORE (retryable) where jobs write faster than can be listed.
 */
export async function completeFiles(
  store: ObjectStore,
  find: () => Promise<FoundFiles>,
  options: RequestOptions,
): Promise<readonly ObjectInfo[]> {
  /** By directory: the job of whose manifest some parts were not listed. */
  const torn = new Map<string, string>()
  for (let listings = 0; listings < LISTINGS; listings++) {
    const found = await find()
    const sizes = new Map(found.files.map(file => [file.key, file.sizeBytes]))
    const outputs = await outputsAmong(store, found, options)
    let again = false
    for (const [directory, { manifest }] of outputs) {
      const missing = missingPart(directory, manifest, sizes)
      if (missing === null) continue
      if (torn.get(directory) !== manifest.job) again = true
      else if (found.marks !== null) throw notWhole(store.uri + directory, missing)
      torn.set(directory, manifest.job)
    }
    if (!again) return found.files.filter(({ key }) => isToRead(key, outputs))
  }
  const [directory, job] = [...torn].at(-1)!
  throw new DunlinError('STORE', `the output in ${store.uri}${directory} changes while it is listed`, {
    hint: `Job ${job} has written into it just now: try again when such jobs have ended.`,
    retryable: true,
  })
}

interface FoundOutput {
  readonly manifest: SuccessManifest
  readonly parts: ReadonlySet<string>
  /** Some job writes into it, or has failed to. */
  readonly isAppended: boolean
}

/** The outputs of dunlin in which files are, as they are after the listing. */
async function outputsAmong(
  store: ObjectStore,
  { files, marks }: FoundFiles,
  options: RequestOptions,
): Promise<ReadonlyMap<string, FoundOutput>> {
  const withParts = new Set(marks?.finished)
  for (const { key } of files) if (PART_NAME.test(nameOf(key))) withParts.add(directoryOf(key))
  const looked =
    marks === null ? files.map(file => directoryOf(file.key)) : [...withParts, ...marks.unfinished.keys()]
  const outputs = new Map<string, FoundOutput>()
  for (const directory of new Set(looked)) {
    // In this order: a job that ends writes its manifest, then removes its staging.
    const job = marks?.unfinished.get(directory) ?? (await stagingJob(store, directory, options))
    if (job === undefined && !withParts.has(directory)) continue
    const manifest = await readManifest(store, directory, options)
    if (manifest !== null) {
      const parts = new Set(manifest.parts.map(part => part.name))
      outputs.set(directory, { manifest, parts, isAppended: job !== undefined })
    } else if (job !== undefined) throw unfinishedOutput(store.uri + directory, job)
  }
  return outputs
}

/** The job that has staging in a directory. */
async function stagingJob(
  store: ObjectStore,
  directory: string,
  options: RequestOptions,
): Promise<string | undefined> {
  const marks = new OutputMarks()
  for await (const { key } of store.list(directory + STAGING_PREFIX, options)) {
    marks.add(key)
    break
  }
  return marks.unfinished.get(directory)
}

/** Files that dunlin did not write are data, unless a job is at work; parts that nobody lists are of an append that failed. */
function isToRead(key: string, outputs: ReadonlyMap<string, FoundOutput>): boolean {
  const output = outputs.get(directoryOf(key))
  if (output === undefined || output.parts.has(nameOf(key))) return true
  return !output.isAppended && appendNameOf(nameOf(key)) === null
}

function directoryOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

/** Which part of a manifest was not found as it says; null where all were. */
function missingPart(
  directory: string,
  { parts }: SuccessManifest,
  sizes: ReadonlyMap<string, number>,
): string | null {
  for (const { name, bytes } of parts) {
    const size = sizes.get(directory + name)
    if (size === undefined) return `${name} is missing`
    if (size !== bytes) return `${name} has ${size} bytes instead of ${bytes}`
  }
  return null
}

function notWhole(uri: string, missing: string): DunlinError {
  return new DunlinError('CORRUPT', `the output in ${uri} is not whole: ${missing}`, {
    hint: 'Write the output again, or delete its _SUCCESS to read the files as they are.',
  })
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

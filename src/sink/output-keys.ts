/** Names inside an output directory. */
import type { WriteFormat } from '../../operators/index.ts'

/** The manifest that appears last; whoever waits for it sees the whole output or none. */
export const SUCCESS_KEY = '_SUCCESS'
/**
 * Below it attempts write their parts, a directory a job. It exists as long as the job's output is unfinished.
 * Readers of data, dunlin and others alike, pass over names that begin with `_`.
 */
export const STAGING_PREFIX = '_dunlin/'

const EXTENSIONS: Readonly<Record<WriteFormat, string>> = {
  text: 'txt',
  jsonl: 'jsonl',
  csv: 'csv',
  arrow: 'arrow',
  records: 'bin',
}
const PART_DIGITS = 5

export function stagingPrefix(job: string): string {
  return `${STAGING_PREFIX}${job}/`
}

/** What the keys of the markers of a job begin with. */
export function publishingPrefix(job: string): string {
  return `${stagingPrefix(job)}publishing-`
}

/** Written by the driver of an epoch when all tasks have committed and parts begin to be moved. */
export function publishingKey(job: string, epoch: number): string {
  return `${publishingPrefix(job)}${epoch}.json`
}

/** The job whose `publishingKey` this is; null for any other key. */
export function publishingJob(key: string): string | null {
  const match = /^_dunlin\/([^/]+)\/publishing-\d+\.json$/.exec(key)
  return match === null ? null : match[1]!
}

/** The epoch in which an object of a job's staging was written; 0 where it is not ours. */
export function epochOf(key: string): number {
  const match = /\/(?:publishing-)?(\d+)[^/]*$/.exec(key)
  return match === null ? 0 : Number(match[1])
}

export interface AttemptName {
  readonly job: string
  /** Of the driver that asked for it: none clears away what a later one has asked for. */
  readonly epoch: number
  readonly stage: number
  readonly task: number
  readonly attempt: number
  /** Unique to one delivery: one attempt may run twice at once. */
  readonly nonce: string
  readonly format: WriteFormat
}

/** The key under which one attempt writes its part. */
export function attemptKey({ job, epoch, stage, task, attempt, nonce, format }: AttemptName): string {
  return `${stagingPrefix(job)}${epoch}-${stage}-${task}-${attempt}-${nonce}.${EXTENSIONS[format]}`
}

/** What the names of appended parts have besides: they sort after all that was there before. */
export interface AppendName {
  /** From 1: how many appends the directory has had, with this one. */
  readonly generation: number
  /** Parts that the directory was not told of must not meet those of other jobs. */
  readonly job: string
}

/**
 * `part-00007.csv`; with as many digits as `parts` needs, so that names sort in the order of the data. Of an append
 * `part-a00001-<job>-00007.csv`: the letter sorts after all digits.
 */
export function partName(part: {
  readonly index: number
  readonly parts: number
  readonly format: WriteFormat
  readonly append?: AppendName
}): string {
  const digits = Math.max(PART_DIGITS, String(part.parts - 1).length)
  const owner = part.append === undefined ? '' : `a${padded(part.append.generation)}-${part.append.job}-`
  return `part-${owner}${padded(part.index, digits)}.${EXTENSIONS[part.format]}`
}

/** What the names of appended parts begin with. */
export const APPENDED_PREFIX = 'part-a'

/** What `partName` put into the name of an appended part; null for any other name. */
export function appendNameOf(name: string): AppendName | null {
  const match = /^part-a(\d{5,})-([^/]+)-\d{5,}\.\w+$/.exec(name)
  return match === null ? null : { generation: Number(match[1]), job: match[2]! }
}

function padded(value: number, digits = PART_DIGITS): string {
  return String(value).padStart(digits, '0')
}

/** Not data: `_SUCCESS`, staging, checksums and the like, at any depth. */
export function isHidden(key: string): boolean {
  return key.startsWith('_') || key.startsWith('.') || key.includes('/_') || key.includes('/.')
}

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
}
const PART_DIGITS = 5

export function stagingPrefix(job: string): string {
  return `${STAGING_PREFIX}${job}/`
}

/** Written when all tasks have committed and parts begin to be moved. */
export function publishingKey(job: string): string {
  return `${stagingPrefix(job)}publishing.json`
}

export interface AttemptName {
  readonly job: string
  readonly stage: number
  readonly task: number
  readonly attempt: number
  /** Unique to one delivery: one attempt may run twice at once. */
  readonly nonce: string
  readonly format: WriteFormat
}

/** The key under which one attempt writes its part. */
export function attemptKey({ job, stage, task, attempt, nonce, format }: AttemptName): string {
  return `${stagingPrefix(job)}${stage}-${task}-${attempt}-${nonce}.${EXTENSIONS[format]}`
}

/** `part-00007.csv`; with as many digits as `parts` needs, so that names sort in the order of the data. */
export function partName(part: {
  readonly index: number
  readonly parts: number
  readonly format: WriteFormat
  /** In append mode, whose parts must not meet those of other jobs. */
  readonly job?: string
}): string {
  const digits = Math.max(PART_DIGITS, String(part.parts - 1).length)
  const owner = part.job === undefined ? '' : `${part.job}-`
  return `part-${owner}${String(part.index).padStart(digits, '0')}.${EXTENSIONS[part.format]}`
}

/** Not data: `_SUCCESS`, staging, checksums and the like, at any depth. */
export function isHidden(key: string): boolean {
  return key.startsWith('_') || key.startsWith('.') || key.includes('/_') || key.includes('/.')
}

/** Names of what an output directory holds. Readers leave names that begin with `_` or `.` alone. */
import type { WriteFormat } from '../../operators/index.ts'
import type { WriteMode } from '../../planner/index.ts'

/** The manifest that appears last: with it the output is complete. */
export const SUCCESS_KEY = '_SUCCESS'

/** Where the attempts of a job put their parts until it publishes them. */
export const stagingPrefix = (job: string): string => `_dunlin/${job}/`

export interface AttemptPart {
  readonly job: string
  readonly stage: number
  readonly task: number
  readonly attempt: number
  readonly nonce: string
}

export const attemptPartKey = (part: AttemptPart, format: WriteFormat): string =>
  `${stagingPrefix(part.job)}${part.stage}-${part.task}-${part.attempt}-${part.nonce}.${format === 'text' ? 'txt' : format}`

const DIGITS = 5

/** `part-00000.csv` …: as many digits as make the names sort in the order of the data. */
export function partName(
  index: number,
  of: { readonly parts: number; readonly format: WriteFormat; readonly mode: WriteMode; readonly job: string },
): string {
  const digits = Math.max(DIGITS, String(of.parts - 1).length)
  const extension = of.format === 'text' ? 'txt' : of.format
  const prefix = of.mode === 'append' ? `part-${of.job}-` : 'part-'
  return `${prefix}${String(index).padStart(digits, '0')}.${extension}`
}

/** SkipPolicy: what a job that skips bad records does with them, as part of the plan. */
import { DunlinError } from '../operators/index.ts'
import type { WriteMode } from './logical.ts'

/** Absent from a plan whose job fails at its first bad record. */
export interface SkipPolicy {
  /** The share of the records that a stage reads that may be bad: from 0 to 1. */
  readonly tolerate: number
  /** Where dead letters become visible; absent: in the job's own directory of the engine's store. */
  readonly deadLetters?: { readonly uri: string; readonly mode: WriteMode }
}

/** @throws DunlinError `INVALID_ARGUMENT` for a share that is none. */
export function checkSkipPolicy({ tolerate }: SkipPolicy): void {
  if (tolerate >= 0 && tolerate <= 1) return
  throw new DunlinError('INVALID_ARGUMENT', `tolerate must be a number from 0 to 1, not ${String(tolerate)}`)
}

/** For the plan's text. */
export function skipPolicyText({ tolerate, deadLetters }: SkipPolicy): string {
  const into =
    deadLetters === undefined ? 'the job' : `${JSON.stringify(deadLetters.uri)} mode ${deadLetters.mode}`
  return `skip, tolerate ${tolerate}, dead letters ${into}`
}

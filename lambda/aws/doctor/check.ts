/** Check: one thing that a doctor looked at, what it found, and what to do. */
import { DunlinError } from '../../../src/worker.ts'

export interface Check {
  /** What was looked at: `bucket`, `function dunlin-1769`. */
  readonly subject: string
  /** `notChecked`: it could not be known, which is no failure. */
  readonly state: 'ok' | 'notOk' | 'notChecked'
  readonly text: string
  /** What to do, in one sentence. */
  readonly hint?: string
}

export const ok = (subject: string, text: string, hint?: string): Check => ({
  ...{ subject, state: 'ok', text },
  ...(hint === undefined ? {} : { hint }),
})

export const notOk = (subject: string, text: string, hint?: string): Check => ({
  ...{ subject, state: 'notOk', text },
  ...(hint === undefined ? {} : { hint }),
})

export const notChecked = (subject: string, text: string, hint?: string): Check => ({
  ...{ subject, state: 'notChecked', text },
  ...(hint === undefined ? {} : { hint }),
})

/** What `look` finds; what it throws on purpose is what is not ok. */
export async function checked(subject: string, look: () => Promise<Check>): Promise<Check> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof DunlinError)) throw error
    return notOk(subject, error.message, error.hint)
  }
}

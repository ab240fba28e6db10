/** The first failure of each kind and how many there were: what a report shows of a job in which a thousand tasks failed alike. */
import type { CountedFailure, Failure } from '../../operators/index.ts'

/** A message is compared by its start, with numbers folded: record numbers and addresses are not kinds. */
const MESSAGE_START = 80
/** Kinds kept: messages that quote data could otherwise be as many as the records. */
const KINDS_KEPT = 100

/** `failures` after one more: counted with its kind, or put at the end as the first of one. */
export function withFirstFailure(
  failures: readonly CountedFailure[],
  failure: Failure,
): readonly CountedFailure[] {
  const kind = failureKind(failure)
  const known = failures.findIndex(first => failureKind(first) === kind)
  if (known !== -1) return failures.with(known, { ...failures[known]!, count: failures[known]!.count + 1 })
  return failures.length >= KINDS_KEPT ? failures : [...failures, { ...failure, count: 1 }]
}

/** The same, where the failure may have been counted before: as that of the task that ended the job. */
export function withKnownFailure(
  failures: readonly CountedFailure[],
  failure: Failure,
): readonly CountedFailure[] {
  const kind = failureKind(failure)
  return failures.some(first => failureKind(first) === kind) ? failures : withFirstFailure(failures, failure)
}

/** Equal for failures that are told once: of one code, operator and start of the message. */
export function failureKind(failure: Failure): string {
  const message = failure.message.slice(0, MESSAGE_START).replace(/\d+/g, '#')
  return `${failure.code}\n${failure.place.operator ?? ''}\n${message}`
}

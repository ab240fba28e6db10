/** The first failure of each kind and how many there were: what a report shows of a job in which a thousand tasks failed alike. */
import type { CountedFailure, Failure } from '../../operators/index.ts'

/** A message is compared by its start, with numbers folded: record numbers and addresses are not kinds. */
const MESSAGE_START = 80
/** Kinds kept: messages that quote data could otherwise be as many as the records. */
const KINDS_KEPT = 100

/** As they come out of a journal, or out of a list that was begun without counts: of each kind one. */
type MaybeCounted = Failure & { readonly count?: number }

/** `failures` after one more: counted with its kind, or put at the end as the first of one. */
export function withFirstFailure(
  failures: readonly MaybeCounted[],
  failure: Failure,
): readonly CountedFailure[] {
  const kind = failureKind(failure)
  const counted = failures.map(first => ({ ...first, count: first.count ?? 1 }))
  const known = counted.findIndex(first => failureKind(first) === kind)
  if (known !== -1) return counted.with(known, { ...counted[known]!, count: counted[known]!.count + 1 })
  return counted.length >= KINDS_KEPT ? counted : [...counted, { ...failure, count: 1 }]
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

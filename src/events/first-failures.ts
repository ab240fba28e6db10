/** The first failure of each kind: what a report shows of a job in which a thousand tasks failed alike. */
import type { Failure } from '../../operators/index.ts'

/** A message is compared by its start, with numbers folded: record numbers and addresses are not kinds. */
const MESSAGE_START = 80
/** Kinds kept: messages that quote data could otherwise be as many as the records. */
const KINDS_KEPT = 100

/** `failures` with `failure` at the end, or `failures` itself where one of its kind is there already. */
export function withFirstFailure(failures: readonly Failure[], failure: Failure): readonly Failure[] {
  if (failures.length >= KINDS_KEPT) return failures
  const kind = failureKind(failure)
  return failures.some(f => failureKind(f) === kind) ? failures : [...failures, failure]
}

function failureKind(failure: Failure): string {
  const message = failure.message.slice(0, MESSAGE_START).replace(/\d+/g, '#')
  return `${failure.code}\n${failure.place.operator ?? ''}\n${message}`
}

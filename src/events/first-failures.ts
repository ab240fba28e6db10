/** The first failure of each kind: what a report shows of a job in which a thousand tasks failed alike. */
import type { Failure } from '../../operators/index.ts'

/** A message is compared by its start, without its record and with numbers folded: neither is a kind. */
const MESSAGE_START = 80
/** Kinds kept: messages that quote data could otherwise be as many as the records. */
const KINDS_KEPT = 100

/** `failures` with `failure` at the end, or `failures` itself where one of its kind is there already. */
export function withFirstFailure(failures: readonly Failure[], failure: Failure): readonly Failure[] {
  if (failures.length >= KINDS_KEPT) return failures
  const kind = failureKind(failure)
  return failures.some(f => failureKind(f) === kind) ? failures : [...failures, failure]
}

/** What a failure is told from others by. */
export function failureKind({ code, message, place }: Pick<Failure, 'code' | 'message' | 'place'>): string {
  const of = place.record === undefined ? message : message.replace(place.record, '…')
  // What a parser says of a text quotes it.
  const said = code === 'BAD_RECORD' ? of.replace(/"[^"]*"/g, '"…"') : of
  return `${code}\n${place.operator ?? ''}\n${said.slice(0, MESSAGE_START).replace(/\d+/g, '#')}`
}

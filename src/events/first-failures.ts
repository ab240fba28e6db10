/** The first failure of each kind: what a report shows of a job in which a thousand tasks failed alike. */
import type { Failure } from '../../operators/index.ts'

/** A message is compared by its start, without its record and with numbers folded: neither is a kind. */
const MESSAGE_START = 80
/** Kinds kept: messages that quote data could otherwise be as many as the records. */
const KINDS_KEPT = 100

/** `failures` with `failure` at the end, or `failures` itself where one of its kind is there already. */
export function withFirstFailure(failures: readonly Failure[], failure: Failure): readonly Failure[] {
  if (failures.length >= KINDS_KEPT || hasKind(failures, failure)) return failures
  return [...failures, failure]
}

/** What a failure is told from others by. */
type Kind = Pick<Failure, 'code' | 'message' | 'place'>

/** Whether one of the kind of `failure` is among `failures`. */
export function hasKind(failures: readonly Kind[], failure: Kind): boolean {
  const kind = failureKind(failure)
  return failures.some(f => failureKind(f) === kind)
}

function failureKind({ code, message, place }: Kind): string {
  const of = place.record === undefined ? message : message.replace(place.record, '…')
  // What a parser says of a text quotes it.
  const said = code === 'BAD_RECORD' ? of.replace(/"[^"]*"/g, '"…"') : of
  return `${code}\n${place.operator ?? ''}\n${said.slice(0, MESSAGE_START).replace(/\d+/g, '#')}`
}

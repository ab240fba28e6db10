/** The first failure of each kind and how many there were: what a report shows of a job in which a thousand tasks failed alike. */
import type { CountedFailure, Failure } from '../../operators/index.ts'

/** A message is compared without its record and with its numbers folded, since neither makes a kind, and by its start. */
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

/** `failures` after those of another list, counts added up. */
export function withFirstFailures(
  failures: readonly CountedFailure[],
  more: readonly CountedFailure[],
): readonly CountedFailure[] {
  if (more.length === 0) return failures
  const all = [...failures]
  for (const one of more) {
    const kind = failureKind(one)
    const known = all.findIndex(first => failureKind(first) === kind)
    if (known !== -1) all[known] = { ...all[known]!, count: all[known]!.count + one.count }
    else if (all.length < KINDS_KEPT) all.push(one)
  }
  return all
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
export function failureKind({ code, message, place }: Pick<Failure, 'code' | 'message' | 'place'>): string {
  const of = place.record === undefined ? message : message.replace(place.record, '…')
  // What a parser says of a text quotes it.
  const said = code === 'BAD_RECORD' ? of.replace(/"[^"]*"/g, '"…"') : of
  return `${code}\n${place.operator ?? ''}\n${said.replace(/\d+/g, '#').slice(0, MESSAGE_START)}`
}

/** What an invocation brings: JSON, of which Lambda takes so much. */
import { DunlinError, placeOf, type TaskEvent } from '../../src/worker.ts'
import type { AnsweredByStore } from '../answer-by-store.ts'

const MOST_BYTES = { sync: 6 * 2 ** 20, event: 2 ** 20 } as const

/** @throws TOO_LARGE for an event that no such invocation takes */
export function payloadOf(
  event: TaskEvent & Partial<AnsweredByStore>,
  mode: keyof typeof MOST_BYTES,
): Uint8Array {
  const payload = Buffer.from(JSON.stringify(event))
  const mostBytes = MOST_BYTES[mode]
  if (payload.byteLength <= mostBytes) return payload
  const message = `the event has ${payload.byteLength} bytes, and an invocation takes ${mostBytes}`
  throw new DunlinError('TOO_LARGE', message, { place: placeOf(event) })
}

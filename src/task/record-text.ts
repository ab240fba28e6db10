/** The text of a record in its dead letter: JSON from which it could be made again, as far as there is one. */

/** Longer ones are cut: a letter is for reading and for trying again, not for keeping data. */
const MAX_CHARS = 64 << 10

export interface RecordText {
  readonly text: string
  /** False where something is missing: it was cut, or is of a kind that JSON does not have. */
  readonly whole: boolean
}

/** Bytes as base64 and int64 as digits, as `write.jsonl` has them. Never throws. */
export function recordText(record: unknown): RecordText {
  let whole = true
  try {
    const text = JSON.stringify(record, (_, value: unknown) => {
      if (typeof value === 'bigint') return String(value)
      if (typeof value === 'function' || typeof value === 'symbol') whole = false
      if (value instanceof Map || value instanceof Set) whole = false
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
      return ArrayBuffer.isView(value) && !(value instanceof DataView)
        ? Array.from(value as unknown as Iterable<unknown>)
        : value
    }) as string | undefined
    if (text !== undefined) return cutText(text, whole)
  } catch {}
  return { text: shown(record), whole: false }
}

export function cutText(text: string, whole = true): RecordText {
  if (text.length <= MAX_CHARS) return { text, whole }
  return { text: `${text.slice(0, MAX_CHARS)}…`, whole: false }
}

/** Of undefined, functions, and what refers to itself. */
function shown(record: unknown): string {
  try {
    return cutText(String(record)).text
  } catch {
    return '(a record that cannot be shown)'
  }
}

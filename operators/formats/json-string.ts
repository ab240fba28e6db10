/** UTF-8 bytes as a JSON string, byte for byte as `JSON.stringify` writes it. */
import type { ByteOutput } from './byte-output.ts'

const QUOTE = 34
/** The longest escape is `\u001f`. */
const MAX_ESCAPE_BYTES = 6

/** What each byte is written as; null for itself. */
const ESCAPES: readonly (string | null)[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return null
  const char = String.fromCharCode(byte)
  const json = JSON.stringify(char).slice(1, -1)
  return json === char ? null : json
})
const ESCAPED = Uint8Array.from(ESCAPES, text => (text === null ? 0 : 1))

export function writeJsonString(out: ByteOutput, from: Uint8Array, start: number, stop: number): void {
  let escapes = 0
  for (let i = start; i < stop; i++) escapes += ESCAPED[from[i]!]!
  if (escapes === 0) {
    out.byte(QUOTE)
    out.copy(from, start, stop)
    out.byte(QUOTE)
    return
  }
  out.reserve(stop - start + escapes * (MAX_ESCAPE_BYTES - 1) + 2)
  const { bytes } = out
  let { at } = out
  bytes[at++] = QUOTE
  for (let i = start; i < stop; i++) {
    const text = ESCAPES[from[i]!]!
    if (text === null) bytes[at++] = from[i]!
    else for (let k = 0; k < text.length; k++) bytes[at++] = text.charCodeAt(k)
  }
  bytes[at++] = QUOTE
  out.at = at
}

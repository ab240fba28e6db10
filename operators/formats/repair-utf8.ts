/** Invalid UTF-8 made valid as the WHATWG encoding standard says: each bad sequence becomes U+FFFD. */

// The framer has dropped the one byte order mark that is none of the text; any other stays.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

export interface RepairedText {
  readonly text: string
  /** Sequences that were replaced. */
  readonly replaced: number
}

/** The text of bytes that may not be UTF-8. */
export function decodeRepaired(bytes: Uint8Array): RepairedText {
  const text = decoder.decode(bytes)
  let replaced = 0
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) replaced++
  return { text, replaced: replaced - countReplacementCharacters(bytes) }
}

/** The same as bytes. */
export function repairUtf8(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly replaced: number } {
  const { text, replaced } = decodeRepaired(bytes)
  return { bytes: encoder.encode(text), replaced }
}

/** U+FFFD that the input itself holds. EF only ever begins a sequence, so these three bytes are always that one. */
function countReplacementCharacters(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(0xef); at >= 0; at = bytes.indexOf(0xef, at + 1)) {
    if (bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd) count++
  }
  return count
}

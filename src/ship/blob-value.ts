/** Large plain values to a blob, and one line of source that reads it. */
import type { Capture } from './capture.ts'
import { blobText, encodeBlob } from './data-blob.ts'
import { hasNamedProperties } from './inspect.ts'
import { plainData } from './plain-data.ts'

/** Below it a value is source text: parsing that costs less than one more request of every worker. */
export const BLOB_FROM_BYTES: number = 256 * 1024

/** The expression of a large value's copy, or undefined where it is small or more than data. */
export function blobValue(c: Capture, value: object): string | undefined {
  // A Buffer is a window into memory that it may share: the window is taken, as a buffer of its own.
  if (Buffer.isBuffer(value)) {
    const isPlain = Object.getPrototypeOf(value) === Buffer.prototype && Object.isExtensible(value)
    if (value.byteLength < BLOB_FROM_BYTES || !isPlain || hasNamedProperties(value)) return undefined
    c.checkSize(value.byteLength)
    return write(c, value, Uint8Array.from(value), data => `Buffer.from(${data}.buffer)`)
  }
  const data = plainData(value, inner => c.isKnown(inner))
  if (data === undefined || data.sizeBytes < BLOB_FROM_BYTES) return undefined
  c.checkSize(data.sizeBytes)
  const text = write(c, value, value, read => read)
  c.addLinks(data.links)
  return text
}

/** The same for a string. */
export function longStringValue(c: Capture, value: string): string {
  c.checkSize(value.length)
  return write(c, value, value, data => data)
}

function write(c: Capture, value: unknown, data: unknown, text: (read: string) => string): string {
  const id = c.newName('$v')
  c.emit(`const ${id} = ${text(blobText(c.addBlob(encodeBlob(data))))};`)
  c.remember(c.ids, value, id)
  return id
}

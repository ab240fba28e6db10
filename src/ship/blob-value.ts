/** Large plain values to a blob, and one line of source that reads it. */
import { types } from 'node:util'
import type { Capture } from './capture.ts'
import { blobText, encodeBlob } from './data-blob.ts'
import { hasNamedProperties } from './inspect.ts'
import { isPlainView, plainData } from './plain-data.ts'

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
  const window = ArrayBuffer.isView(value) && isPlainView(value) ? windowOf(c, value) : undefined
  if (window !== undefined && window.byteLength >= BLOB_FROM_BYTES) {
    c.checkSize(window.byteLength)
    return write(c, value, window, read => read)
  }
  const data = plainData(value, { isKnown: inner => c.isKnown(inner), windows: c.windows })
  if (data === undefined || data.sizeBytes < BLOB_FROM_BYTES) return undefined
  c.checkSize(data.sizeBytes)
  const text = write(c, value, value, read => read)
  c.addLinks(data.links)
  return text
}

/** A copy of a view that goes without the rest of its buffer. */
function windowOf(c: Capture, view: ArrayBufferView): ArrayBufferView | undefined {
  if (!c.windows.takes(view)) return undefined
  const bytes = Uint8Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  if (types.isDataView(view)) return new DataView(bytes.buffer)
  const { constructor: View } = Object.getPrototypeOf(view) as { constructor: Uint8ArrayConstructor }
  return new View(bytes.buffer)
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

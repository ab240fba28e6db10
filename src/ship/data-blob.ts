/** Data blobs: large captured values as bytes beside the module, which names them by their hashes. */
import { Deserializer, Serializer } from 'node:v8'

/** Shipped modules find their data here, while they are loaded. */
const SLOT: unique symbol = Symbol.for('dunlin.data')

/** The last line of a module that has data, so that whoever loads it knows what to fetch. */
const LAST_LINE = '\n//# dunlinData='

/** The expression that gives a copy of a blob's value. */
export const blobText = (hash: string): string => `globalThis[Symbol.for("dunlin.data")].read("${hash}")`

/** The module's text, with the hashes of its blobs as its last line. */
export function withData(code: string, hashes: readonly string[]): string {
  return hashes.length === 0 ? code : `${code}${LAST_LINE}${hashes.join(',')}\n`
}

/** Hashes of the blobs that a module needs. */
export function dataOf(source: Uint8Array): readonly string[] {
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength)
  const at = text.lastIndexOf(LAST_LINE)
  const hashes = at === -1 ? '' : text.subarray(at + LAST_LINE.length).toString('latin1')
  return /^(?:[0-9a-f]{64}[,\n])+$/.test(hashes) ? hashes.trim().split(',') : []
}

/**
 * V8's own format. Not `v8.serialize`, which copies typed arrays one by one, so that those that share a buffer would not
 * share it any more, and gives them back as windows into the whole blob.
 */
export function encodeBlob(value: unknown): Uint8Array {
  const serializer = new Serializer()
  serializer.writeHeader()
  serializer.writeValue(value)
  return serializer.releaseBuffer()
}

/** What `encodeBlob` was given, with objects of its own. */
export function decodeBlob(bytes: Uint8Array): unknown {
  const deserializer = new Deserializer(bytes)
  deserializer.readHeader()
  return deserializer.readValue()
}

/** The blobs of modules that are being loaded in this thread. */
class LoadingData {
  readonly #blobs = new Map<string, { readonly bytes: Uint8Array; modules: number }>()

  /** A value of its own for each module. */
  readonly read = (hash: string): unknown => {
    const blob = this.#blobs.get(hash)
    if (blob === undefined) throw new Error(`the data ${hash} is read outside of the loading of its module`)
    return decodeBlob(blob.bytes)
  }

  /** Offers blobs while `work` loads a module. */
  async during<T>(blobs: ReadonlyMap<string, Uint8Array>, work: () => Promise<T>): Promise<T> {
    for (const [hash, bytes] of blobs) {
      const known = this.#blobs.get(hash)
      if (known === undefined) this.#blobs.set(hash, { bytes, modules: 1 })
      else known.modules++
    }
    try {
      return await work()
    } finally {
      for (const hash of blobs.keys()) if (--this.#blobs.get(hash)!.modules === 0) this.#blobs.delete(hash)
    }
  }
}

const holder = globalThis as { [SLOT]?: LoadingData }

export const loadingData: LoadingData = (holder[SLOT] ??= new LoadingData())

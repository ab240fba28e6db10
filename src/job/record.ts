/** Records of jobs as they are in the store: a line of JSON that ends with the CRC32 of what stands before. */
import { crc32 } from 'node:zlib'
import { DunlinError } from '../../operators/index.ts'
import { getIfPresent } from '../store/get-if-present.ts'
import type { ObjectStore } from '../store/object-store.ts'

interface JobRecord {
  readonly version: 1
}

const CHECKED = /^(\{.+),"crc32":(\d+)\}\n$/s

export function encodeRecord(record: JobRecord): Uint8Array {
  const text = JSON.stringify(record)
  return new TextEncoder().encode(`${text.slice(0, -1)},"crc32":${crc32(text)}}\n`)
}

/** @throws CORRUPT, naming `uri`, for other bytes than `encodeRecord` gave, and for a record of another version */
export function decodeRecord<T extends JobRecord>(bytes: Uint8Array, uri: string): T {
  const [, fields, sum] = CHECKED.exec(new TextDecoder().decode(bytes)) ?? []
  const text = `${fields}}`
  if (fields === undefined || crc32(text) !== Number(sum)) {
    throw new DunlinError('CORRUPT', `${uri} is not an intact record`, {
      hint: 'Something outside of the job changed its store, or another version of dunlin wrote it.',
    })
  }
  const record = JSON.parse(text) as T
  if (record.version === 1) return record
  throw new DunlinError('CORRUPT', `${uri} is not a record of this version of dunlin`, {
    hint: 'It was written by another version: use that one.',
  })
}

/**
 * Undefined where it is not there.
 *
 * @throws CORRUPT as `decodeRecord` does, when it was asked for twice: the network, too, turns bits
 */
export async function readRecord<T extends JobRecord>(
  store: ObjectStore,
  key: string,
): Promise<T | undefined> {
  for (let tries = 1; ; tries++) {
    const bytes = await getIfPresent(store, key)
    if (bytes === undefined) return undefined
    try {
      return decodeRecord<T>(bytes, store.uri + key)
    } catch (error) {
      if (tries === 2) throw error
    }
  }
}

/** Batches of fixed-length records, as tests write them. */
import type { Batch } from '../../../operators/batch/batch.ts'
import type { Schema } from '../../../operators/batch/column-type.ts'

export type Key = readonly [offset: number, length: number]

export function recordSchema(length: number, key?: Key): Schema {
  const type = { kind: 'fixedBinary', byteLength: length } as const
  return { shape: 'record', ...(key && { key }), fields: [{ name: 'value', type }] }
}

/** A batch of texts of one length (of `length`, where there are none). */
export function recordBatch(texts: readonly string[], key?: Key, length = texts[0]?.length ?? 4): Batch {
  return bytesBatch(Buffer.from(texts.join(''), 'latin1'), length, key)
}

export function bytesBatch(bytes: Uint8Array, byteLength: number, key?: Key): Batch {
  const type = { kind: 'fixedBinary', byteLength } as const
  const length = bytes.length / byteLength
  return {
    schema: recordSchema(byteLength, key),
    length,
    columns: [{ type, length, nullCount: 0, validity: null, bytes }],
  }
}

/** What records look like to a user's function, as text. */
export const recordText = (record: unknown): { key: string; value: string } => {
  const { key, value } = record as { key: Uint8Array; value: Uint8Array }
  return { key: Buffer.from(key).toString('latin1'), value: Buffer.from(value).toString('latin1') }
}

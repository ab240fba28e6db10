/** Fixed-length records: how long they are, and where in each its key lies. */
import type { Schema } from './column-type.ts'

/** Where the key of a fixed-length record lies: the whole record where nothing else was said. */
export function recordKey(schema: Schema): readonly [offset: number, length: number] {
  return schema.key ?? [0, recordLength(schema)]
}

/** Bytes of one fixed-length record. */
export function recordLength(schema: Schema): number {
  const type = schema.fields[0]?.type
  return type?.kind === 'fixedBinary' ? type.byteLength : 0
}

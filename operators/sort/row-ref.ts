/** RowRef: a row of one of several batches in one 32-bit number: the batch is its high half, the row its low one. */
import type { EncodedKeys } from './order-key.ts'

/** Rows `from … to - 1` of a batch, by their encoded keys. */
export interface RowRange {
  readonly keys: EncodedKeys
  readonly from: number
  readonly to: number
}

/** Rows that a batch may have, and batches that there may be, so that a row is 32 bits. */
export const MAX_ROWS = 0x1_0000
export const MAX_BATCHES = 0x1_0000

/** A row of batch number `batch`; a negative number where the batch's is high, which nothing minds. */
export const rowRef = (batch: number, row: number): number => (batch << 16) | row

export const batchOfRef = (ref: number): number => ref >>> 16
export const rowOfRef = (ref: number): number => ref & 0xffff

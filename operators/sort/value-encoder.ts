/** ValueEncoder: writes values of one column as bytes that memcmp orders. */

/** Markers before a value: a null that comes first, a value, a null that comes last. */
export const BEFORE = 0
export const VALUE = 1
export const AFTER = 2

/** Never asked about a null. */
export interface ValueEncoder {
  /** The bytes of any value, where all take the same; else null. */
  readonly fixedBytes: number | null
  size(row: number): number
  /** Writes the value of the row from `at` on; gives where it ends. */
  write(row: number, out: Uint8Array, at: number): number
  /** All rows, each behind a VALUE marker, at `ends[row + 1]`, which moves behind it: only where a loop of its own pays. */
  writeAll?(out: Uint8Array, ends: Int32Array): void
}

/** Turns the order of the bytes round. */
export function invert(out: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) out[i] = ~out[i]!
}

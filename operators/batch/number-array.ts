/** The typed array of each number width. */
import type { NumberArray } from './batch.ts'
import type { NumberWidth } from './column-type.ts'

const ARRAYS: Readonly<Record<NumberWidth, new (length: number) => NumberArray>> = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
}

export const numberArray = (width: NumberWidth, length: number): NumberArray => new ARRAYS[width](length)

const EMPTY = Object.fromEntries(Object.entries(ARRAYS).map(([width, of]) => [width, new of(0)]))

/** An array of no numbers, shared. */
export const noNumbers = (width: NumberWidth): NumberArray => EMPTY[width]!

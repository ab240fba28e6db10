/** The factory of value encoders. */
import type {
  BooleanColumn,
  BytesColumn,
  Column,
  FixedBinaryColumn,
  Int64Column,
  ListColumn,
  NumberColumn,
  StructColumn,
} from '../batch/batch.ts'
import { bytesEncoder } from './bytes-encoders.ts'
import { ListEncoder, StructEncoder } from './nested-encoders.ts'
import { BooleanEncoder, DoubleEncoder, Int64Encoder, SafeIntegerEncoder } from './number-encoders.ts'
import type { ValueEncoder } from './value-encoder.ts'

export interface EncoderOptions {
  /** `closed`: no value's bytes begin another's, so that something may follow, or the bytes be inverted. */
  readonly ending: 'open' | 'closed'
  /** The column's name, for errors. */
  readonly name: string
  /** Of fixed-length values only this part counts. */
  readonly part?: readonly [offset: number, length: number]
}

const NOTHING: ValueEncoder = { fixedBytes: 0, size: () => 0, write: (_row, _out, at) => at }

/** @param column null stands for nothing but nulls, which are never asked for */
export function valueEncoder(column: Column | null, options: EncoderOptions): ValueEncoder {
  if (column === null) return NOTHING
  switch (column.type.kind) {
    case 'null':
      return NOTHING
    case 'boolean':
      return new BooleanEncoder((column as BooleanColumn).bits)
    case 'number':
      return new DoubleEncoder((column as NumberColumn).values)
    case 'int64': {
      const { values } = column as Int64Column
      return column.type.as === 'number'
        ? new SafeIntegerEncoder(values, options.name)
        : new Int64Encoder(values)
    }
    case 'timestamp':
      return new Int64Encoder((column as Int64Column).values)
    case 'utf8':
    case 'binary': {
      const { offsets, bytes } = column as BytesColumn
      return bytesEncoder({ bytes, offsets }, options.ending)
    }
    case 'fixedBinary': {
      const { bytes } = column as FixedBinaryColumn
      const stride = column.type.byteLength
      const [start, length] = options.part ?? [0, stride]
      return bytesEncoder({ bytes, offsets: null, stride, start, length }, options.ending)
    }
    case 'list':
      return new ListEncoder(column as ListColumn, within((column as ListColumn).item, `${options.name}[]`))
    case 'struct': {
      const { children } = column as StructColumn
      const names = column.type.fields.map(field => `${options.name}.${field.name}`)
      return new StructEncoder(
        column as StructColumn,
        children.map((child, i) => within(child, names[i]!)),
      )
    }
  }
}

/** Something follows every value within a list or struct. */
const within = (column: Column, name: string): ValueEncoder =>
  valueEncoder(column, { ending: 'closed', name })

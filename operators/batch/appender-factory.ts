/** The factory of appenders: by declared type, or by the first value of a column. */
import { BinaryAppender, FixedBinaryAppender, Utf8Appender } from './bytes-appenders.ts'
import type { ColumnType, Field } from './column-type.ts'
import { FieldsAppender } from './fields-appender.ts'
import { ListAppender, StructAppender, TypedListAppender } from './nested-appenders.ts'
import { NullAppender } from './null-appender.ts'
import { Float64Appender, NumberAppender } from './number-appenders.ts'
import { BooleanAppender, Int64Appender, TimestampAppender } from './scalar-appenders.ts'
import type { ColumnPlace, ValueAppender } from './value-appender.ts'
import { kindOf, typedArrayName } from './value-kind.ts'

/** Deeper records are taken for circular ones. */
const MAX_DEPTH = 64

/** An appender of a declared type. */
export function appenderOf(type: ColumnType, place: ColumnPlace): ValueAppender {
  switch (type.kind) {
    case 'null':
      return new NullAppender(place)
    case 'boolean':
      return new BooleanAppender(place)
    case 'number':
      return type.width === 'float64' ? new Float64Appender(place) : new NumberAppender(place, type.width)
    case 'int64':
      return new Int64Appender(place, type.as)
    case 'utf8':
      return new Utf8Appender(place)
    case 'binary':
      return new BinaryAppender(place)
    case 'fixedBinary':
      return new FixedBinaryAppender(place, type.byteLength)
    case 'timestamp':
      return new TimestampAppender(place)
    case 'list':
      return type.as === 'Array'
        ? new ListAppender(place, appenderOf(type.item, place.item()))
        : new TypedListAppender(place, type.as)
    case 'struct':
      return structAppender(place, type.fields)
  }
}

/** An appender for columns that hold such values. */
export function appenderFor(value: unknown, place: ColumnPlace): ValueAppender {
  if (place.depth > MAX_DEPTH) {
    throw place.error('TYPE_MISMATCH', `a record is nested deeper than ${MAX_DEPTH} levels`, {
      hint: 'A record that refers to itself cannot be a row.',
    })
  }
  switch (kindOf(value)) {
    case 'number':
      return new Float64Appender(place)
    case 'string':
      return new Utf8Appender(place)
    case 'bigint':
      return new Int64Appender(place, 'bigint')
    case 'boolean':
      return new BooleanAppender(place)
    case 'date':
      return new TimestampAppender(place)
    case 'binary':
      return new BinaryAppender(place)
    case 'typedArray':
      return new TypedListAppender(place, typedArrayName(value)!)
    case 'array':
      return new ListAppender(place, new NullAppender(place.item()))
    case 'object':
      return structAppender(place, [])
    case undefined:
      return place.refuse(value)
  }
}

/** The columns of records that are objects; without declared fields they are inferred. */
export function fieldsAppender(place: ColumnPlace, declared: readonly Field[]): FieldsAppender {
  return new FieldsAppender(
    place,
    declared.map(f => ({ name: f.name, column: appenderOf(f.type, place.field(f.name)) })),
  )
}

const structAppender = (place: ColumnPlace, declared: readonly Field[]): StructAppender =>
  new StructAppender(place, fieldsAppender(place, declared))

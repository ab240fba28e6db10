/** Arrow schemas: our schema as Arrow's flatbuffer and back. */

import { Binary } from 'apache-arrow/fb/binary'
import { Bool } from 'apache-arrow/fb/bool'
import { Field as ArrowField } from 'apache-arrow/fb/field'
import { FixedSizeBinary } from 'apache-arrow/fb/fixed-size-binary'
import { FloatingPoint } from 'apache-arrow/fb/floating-point'
import { Int } from 'apache-arrow/fb/int'
import { KeyValue } from 'apache-arrow/fb/key-value'
import { List } from 'apache-arrow/fb/list'
import { Null } from 'apache-arrow/fb/null'
import { Precision } from 'apache-arrow/fb/precision'
import { Schema as ArrowSchema } from 'apache-arrow/fb/schema'
import { Struct_ } from 'apache-arrow/fb/struct-'
import { TimeUnit } from 'apache-arrow/fb/time-unit'
import { Timestamp } from 'apache-arrow/fb/timestamp'
import { Type } from 'apache-arrow/fb/type'
import { Utf8 } from 'apache-arrow/fb/utf8'
import type { Builder } from 'flatbuffers'
import type {
  ColumnType,
  Field,
  NumberWidth,
  RecordShape,
  Schema,
  TypedArrayName,
} from '../batch/column-type.ts'
import { recordLength } from '../batch/record-key.ts'
import { DunlinError } from '../errors.ts'

/** Schema metadata: how JavaScript sees a record. Foreign readers ignore it. */
const SHAPE_KEY = 'dunlin:shape'
/** Schema metadata of fixed-length records: offset and length of their keys, `0,10`. */
const KEY_KEY = 'dunlin:key'
/** Field metadata: what an int64 or a list is in JavaScript. */
const AS_KEY = 'dunlin:as'

/** Writes the schema into the builder and gives its offset. */
export function writeArrowSchema(builder: Builder, schema: Schema): number {
  const fields = schema.fields.map(field => writeField(builder, field))
  const vector = ArrowSchema.createFieldsVector(builder, fields)
  const entries = [keyValue(builder, SHAPE_KEY, schema.shape)]
  if (schema.key !== undefined) entries.push(keyValue(builder, KEY_KEY, schema.key.join()))
  const metadata = ArrowSchema.createCustomMetadataVector(builder, entries)
  ArrowSchema.startSchema(builder)
  ArrowSchema.addFields(builder, vector)
  ArrowSchema.addCustomMetadata(builder, metadata)
  return ArrowSchema.endSchema(builder)
}

function keyValue(builder: Builder, key: string, value: string): number {
  return KeyValue.createKeyValue(builder, builder.createString(key), builder.createString(value))
}

function writeField(builder: Builder, { name, type }: Field): number {
  const children = childFields(type).map(child => writeField(builder, child))
  const childVector = ArrowField.createChildrenVector(builder, children)
  const as = type.kind === 'int64' || type.kind === 'list' ? type.as : null
  const metadata =
    as === null ? 0 : ArrowField.createCustomMetadataVector(builder, [keyValue(builder, AS_KEY, as)])
  const nameOffset = builder.createString(name)
  const { tag, offset } = writeType(builder, type)
  ArrowField.startField(builder)
  ArrowField.addName(builder, nameOffset)
  ArrowField.addNullable(builder, true)
  ArrowField.addTypeType(builder, tag)
  ArrowField.addType(builder, offset)
  ArrowField.addChildren(builder, childVector)
  if (metadata !== 0) ArrowField.addCustomMetadata(builder, metadata)
  return ArrowField.endField(builder)
}

function childFields(type: ColumnType): readonly Field[] {
  if (type.kind === 'struct') return type.fields
  return type.kind === 'list' ? [{ name: 'item', type: type.item }] : []
}

function writeType(builder: Builder, type: ColumnType): { readonly tag: Type; readonly offset: number } {
  switch (type.kind) {
    case 'null':
      return { tag: Type.Null, offset: empty(builder, Null.startNull, Null.endNull) }
    case 'boolean':
      return { tag: Type.Bool, offset: empty(builder, Bool.startBool, Bool.endBool) }
    case 'number':
      return writeNumber(builder, type.width)
    case 'int64':
      return { tag: Type.Int, offset: Int.createInt(builder, 64, true) }
    case 'utf8':
      return { tag: Type.Utf8, offset: empty(builder, Utf8.startUtf8, Utf8.endUtf8) }
    case 'binary':
      return { tag: Type.Binary, offset: empty(builder, Binary.startBinary, Binary.endBinary) }
    case 'fixedBinary':
      return {
        tag: Type.FixedSizeBinary,
        offset: FixedSizeBinary.createFixedSizeBinary(builder, type.byteLength),
      }
    case 'timestamp': {
      const zone = builder.createString('UTC')
      return { tag: Type.Timestamp, offset: Timestamp.createTimestamp(builder, TimeUnit.MILLISECOND, zone) }
    }
    case 'list':
      return { tag: Type.List, offset: empty(builder, List.startList, List.endList) }
    case 'struct':
      return { tag: Type.Struct_, offset: empty(builder, Struct_.startStruct_, Struct_.endStruct_) }
  }
}

/** A type without parameters is an empty table. */
function empty(builder: Builder, start: (b: Builder) => void, end: (b: Builder) => number): number {
  start(builder)
  return end(builder)
}

function writeNumber(builder: Builder, width: NumberWidth): { readonly tag: Type; readonly offset: number } {
  if (width === 'float64' || width === 'float32') {
    const precision = width === 'float64' ? Precision.DOUBLE : Precision.SINGLE
    return { tag: Type.FloatingPoint, offset: FloatingPoint.createFloatingPoint(builder, precision) }
  }
  const bits = Number.parseInt(width.replace(/^\D+/, ''), 10)
  return { tag: Type.Int, offset: Int.createInt(builder, bits, width.startsWith('int')) }
}

/**
 * Our schema of an Arrow schema, ours or foreign.
 *
 * @throws BAD_RECORD for Arrow types that dunlin has no column type for.
 */
export function readArrowSchema(arrow: ArrowSchema): Schema {
  const fields = Array.from({ length: arrow.fieldsLength() }, (_, i) => readField(arrow.fields(i)!))
  const shape = metadataOf(arrow, SHAPE_KEY)
  if (shape === 'record') return readRecordSchema(arrow, fields)
  return { shape: isShapeOf(shape, fields) ? shape : 'object', fields }
}

/** Other tools keep the metadata of tables whose columns they change: the shape must fit what is there. */
function isShapeOf(shape: string | null, fields: readonly Field[]): shape is RecordShape {
  const own = fields.filter(field => !isComputed(field)).length
  if (shape === 'scalar') return own === 1
  return shape === 'pair' && own === 2
}

/** Columns that a plan adds for a while, to order rows by them, change no shape. */
const isComputed = ({ name }: Field): boolean => name.startsWith('\u0000')

function readRecordSchema(arrow: ArrowSchema, fields: readonly Field[]): Schema {
  const schema: Schema = { shape: 'record', fields }
  const fits = fields.filter(field => !isComputed(field)).length === 1
  if (!fits || fields[0]!.type.kind !== 'fixedBinary') return { shape: 'object', fields }
  const [offset, length, ...more] = (metadataOf(arrow, KEY_KEY) ?? '').split(',').map(Number)
  if (offset === undefined || length === undefined || more.length > 0) return schema
  const inside = Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length > 0
  return inside && offset + length <= recordLength(schema) ? { ...schema, key: [offset, length] } : schema
}

interface WithMetadata {
  customMetadata(i: number): KeyValue | null
  customMetadataLength(): number
}

function metadataOf(table: WithMetadata, key: string): string | null {
  for (let i = 0; i < table.customMetadataLength(); i++) {
    const entry = table.customMetadata(i)
    if (entry?.key() === key) return entry.value()
  }
  return null
}

function readField(field: ArrowField): Field {
  return { name: field.name() ?? '', type: readType(field) }
}

function readType(field: ArrowField): ColumnType {
  if (field.dictionary() !== null) return refuse(field, 'dictionary')
  switch (field.typeType()) {
    case Type.Null:
      return { kind: 'null' }
    case Type.Bool:
      return { kind: 'boolean' }
    case Type.Int: {
      const int = field.type(new Int()) as Int
      if (int.bitWidth() === 64 && int.isSigned()) {
        return { kind: 'int64', as: metadataOf(field, AS_KEY) === 'bigint' ? 'bigint' : 'number' }
      }
      if (int.bitWidth() === 64) return refuse(field, 'uint64')
      return { kind: 'number', width: `${int.isSigned() ? 'int' : 'uint'}${int.bitWidth()}` as NumberWidth }
    }
    case Type.FloatingPoint: {
      const precision = (field.type(new FloatingPoint()) as FloatingPoint).precision()
      if (precision === Precision.HALF) return refuse(field, 'float16')
      return { kind: 'number', width: precision === Precision.DOUBLE ? 'float64' : 'float32' }
    }
    case Type.Utf8:
      return { kind: 'utf8' }
    case Type.Binary:
      return { kind: 'binary' }
    case Type.FixedSizeBinary:
      return {
        kind: 'fixedBinary',
        byteLength: (field.type(new FixedSizeBinary()) as FixedSizeBinary).byteWidth(),
      }
    case Type.Timestamp: {
      const unit = (field.type(new Timestamp()) as Timestamp).unit()
      return unit === TimeUnit.MILLISECOND
        ? { kind: 'timestamp' }
        : refuse(field, `timestamp(${TimeUnit[unit]})`)
    }
    case Type.List:
      return readList(field)
    case Type.Struct_:
      return {
        kind: 'struct',
        fields: Array.from({ length: field.childrenLength() }, (_, i) => readField(field.children(i)!)),
      }
    default:
      return refuse(field, Type[field.typeType()] ?? 'unknown')
  }
}

const ITEM_NAMES: Readonly<Record<TypedArrayName, string>> = {
  Int8Array: 'int8',
  Int16Array: 'int16',
  Int32Array: 'int32',
  Uint16Array: 'uint16',
  Uint32Array: 'uint32',
  Float32Array: 'float32',
  Float64Array: 'float64',
  BigInt64Array: 'int64',
}

function readList(field: ArrowField): ColumnType {
  const item = readType(field.children(0)!)
  const as = metadataOf(field, AS_KEY)
  const itemName = item.kind === 'number' ? item.width : item.kind
  const fits = as !== null && Object.hasOwn(ITEM_NAMES, as) && ITEM_NAMES[as as TypedArrayName] === itemName
  return { kind: 'list', item, as: fits ? (as as TypedArrayName) : 'Array' }
}

function refuse(field: ArrowField, type: string): never {
  throw new DunlinError(
    'BAD_RECORD',
    `column "${field.name()}" of an Arrow file is of type ${type}, which is not read`,
    {
      hint: 'Write the file with plain types: utf8, binary, bool, float, int8 to int64, timestamp[ms], list, struct.',
    },
  )
}

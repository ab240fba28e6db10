/** Casting: a batch under a wider schema, one that `unifySchemas` gave. */
import { DunlinError } from '../errors.ts'
import type { Batch, BytesColumn, Column, FixedBinaryColumn, Int64Column, NumberColumn } from './batch.ts'
import type { ColumnType, Field, Schema } from './column-type.ts'
import { int64Numbers } from './column-value.ts'
import { bitAt, bitBytes } from './growing.ts'
import { numberArray } from './number-array.ts'
import { sameSchema, sameShape, sameType, schemaText, typeText } from './schema.ts'

/**
 * The same rows under `schema`: null columns get its types, columns that the batch lacks are null, numbers widen to
 * float64. Columns that do not change are shared, not copied.
 *
 * @throws TYPE_MISMATCH where the schema is not wider than the batch's; TOO_LARGE where an int64 has no exact float64.
 */
export function castBatch(batch: Batch, schema: Schema): Batch {
  if (batch.schema === schema) return batch
  if (sameSchema(batch.schema, schema)) return { schema, length: batch.length, columns: batch.columns }
  if (!sameShape(batch.schema, schema)) {
    throw new DunlinError(
      'TYPE_MISMATCH',
      `a batch of ${schemaText(batch.schema)} cannot be cast to ${schemaText(schema)}`,
    )
  }
  return {
    schema,
    length: batch.length,
    columns: castFields(batch.schema.fields, batch.columns, schema.fields, batch.length, ''),
  }
}

function castFields(
  from: readonly Field[],
  columns: readonly Column[],
  to: readonly Field[],
  length: number,
  path: string,
): readonly Column[] {
  const index = new Map(from.map((f, i) => [f.name, i]))
  const cast = to.map(field => {
    const i = index.get(field.name)
    index.delete(field.name)
    return i === undefined
      ? nullColumn(field.type, length)
      : castColumn(columns[i]!, field.type, path + field.name)
  })
  for (const name of index.keys()) {
    throw new DunlinError(
      'TYPE_MISMATCH',
      `column "${path}${name}" is not in the schema that its batch is cast to`,
    )
  }
  return cast
}

function castColumn(column: Column, to: ColumnType, path: string): Column {
  const from = column.type
  if (sameType(from, to)) return column
  if (from.kind === 'null') return nullColumn(to, column.length)
  if (to.kind === 'number' && to.width === 'float64') {
    if (from.kind === 'number') {
      const values = Float64Array.from((column as NumberColumn).values.subarray(0, column.length))
      return { ...(column as NumberColumn), type: to, values }
    }
    if (from.kind === 'int64' && from.as === 'number') return float64Of(column as Int64Column, to, path)
  }
  if (from.kind === 'fixedBinary' && to.kind === 'binary') {
    const { bytes, length, nullCount, validity } = column as FixedBinaryColumn
    const offsets = Int32Array.from({ length: length + 1 }, (_, row) => row * from.byteLength)
    return { type: to, length, nullCount, validity, offsets, bytes } satisfies BytesColumn
  }
  if (from.kind === 'struct' && to.kind === 'struct') {
    const { children, length, nullCount, validity } = column as Extract<
      Column,
      { children: readonly Column[] }
    >
    return {
      type: to,
      length,
      nullCount,
      validity,
      children: castFields(from.fields, children, to.fields, length, `${path}.`),
    }
  }
  if (from.kind === 'list' && to.kind === 'list' && from.as === to.as) {
    const list = column as Extract<Column, { item: Column }>
    return { ...list, type: to, item: castColumn(list.item, to.item, `${path}[]`) }
  }
  throw new DunlinError(
    'TYPE_MISMATCH',
    `column "${path}" is ${typeText(from)} and cannot be cast to ${typeText(to)}`,
  )
}

function float64Of(column: Int64Column, type: NumberColumn['type'], path: string): NumberColumn {
  const { length, nullCount, validity } = column
  const values = new Float64Array(length)
  const number = int64Numbers(column.values, { column: path })
  for (let row = 0; row < length; row++)
    if (validity === null || bitAt(validity, row)) values[row] = number(row)
  return { type, length, nullCount, validity, values }
}

/** No rows, but columns that are known. */
export function emptyBatch(schema: Schema): Batch {
  return { schema, length: 0, columns: schema.fields.map(field => nullColumn(field.type, 0)) }
}

/** A column of nothing but nulls. */
export function nullColumn(type: ColumnType, length: number): Column {
  const nulls = {
    length,
    nullCount: length,
    validity: length === 0 ? null : new Uint8Array(bitBytes(length)),
  }
  switch (type.kind) {
    case 'null':
      return { type, length, nullCount: length, validity: null }
    case 'boolean':
      return { type, ...nulls, bits: new Uint8Array(bitBytes(length)) }
    case 'number':
      return { type, ...nulls, values: numberArray(type.width, length) }
    case 'int64':
    case 'timestamp':
      return { type, ...nulls, values: new BigInt64Array(length) }
    case 'utf8':
    case 'binary':
      return { type, ...nulls, offsets: new Int32Array(length + 1), bytes: new Uint8Array(0) }
    case 'fixedBinary':
      return { type, ...nulls, bytes: new Uint8Array(length * type.byteLength) }
    case 'list':
      return { type, ...nulls, offsets: new Int32Array(length + 1), item: nullColumn(type.item, 0) }
    case 'struct':
      return { type, ...nulls, children: type.fields.map(f => nullColumn(f.type, length)) }
  }
}

/** Single columns where the batch code speaks of schemas: types that meet, values that no column can hold. */
import type { Column } from '../batch/batch.ts'
import { BatchBuilder } from '../batch/batch-builder.ts'
import type { ColumnType } from '../batch/column-type.ts'
import { unifySchemas } from '../batch/schema.ts'
import { DunlinError } from '../errors.ts'

export const NULL_TYPE: ColumnType = { kind: 'null' }
export const FLOAT64 = { kind: 'number', width: 'float64' } as const
export const COUNT_TYPE = { kind: 'int64', as: 'number' } as const

/** The type of a column that holds both. @throws TYPE_MISMATCH naming operator, column and types. */
export function unifiedType(operator: string, name: string, a: ColumnType, b: ColumnType): ColumnType {
  if (a === b) return a
  const schema = (type: ColumnType) => ({ shape: 'object', fields: [{ name, type }] }) as const
  return unifySchemas(schema(a), schema(b), { operator })!.fields[0]!.type
}

/** Throws what a batch builder throws for such a value. */
export function refuseValue(operator: string, name: string, value: unknown): never {
  valueColumn(new BatchBuilder({ operator }), name, [value])
  throw new DunlinError(
    'INTERNAL',
    `${operator}: a value of column "${name}" was refused, but a column can hold it`,
  )
}

/** The values as a column, of a type inferred over all that the builder has seen. */
export function valueColumn(builder: BatchBuilder, name: string, values: Iterable<unknown>): Column {
  for (const value of values) builder.add({ [name]: value })
  return builder.build()!.columns[0]!
}

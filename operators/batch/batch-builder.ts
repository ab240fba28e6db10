/** BatchBuilder: JavaScript records in, column batches out. */
import { DunlinError } from '../errors.ts'
import { appenderFor, appenderOf, fieldsAppender } from './appender-factory.ts'
import { BATCH_BYTES, BATCH_ROWS, type Batch, type Column } from './batch.ts'
import type { Field, RecordShape, Schema } from './column-type.ts'
import type { FieldsAppender } from './fields-appender.ts'
import { NullAppender } from './null-appender.ts'
import { previewOf } from './preview.ts'
import { type BuilderState, ColumnPlace, type ValueAppender } from './value-appender.ts'
import { isPlainObject, kindOf } from './value-kind.ts'

export interface BatchBuilderOptions {
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
  /**
   * Wins over what the records look like: values are checked against it, other properties are dropped. Not of
   * fixed-length records: those stay columns from file to file.
   */
  readonly schema?: Schema
}

/**
 * Builds batches of records. Types are inferred over everything it has ever seen: later batches are never of a
 * narrower schema than earlier ones. After an error it must not be used again.
 *
 * @throws TYPE_MISMATCH, from `add`, for records that do not share a shape or a column type and for values that no
 * column can hold; TOO_LARGE for a bigint outside of 64 bits. Both name the operator, the column and the record.
 *
 * @example
 * const builder = new BatchBuilder({ operator: 'Map parse' })
 * builder.add({ user: 'ada', amount: 3 })
 * builder.build() // { schema: object { user: utf8, amount: float64 }, length: 1, columns: […] }
 */
export class BatchBuilder {
  readonly #state: BuilderState
  readonly #root: ColumnPlace
  readonly #declared: Schema | null
  #shape: RecordShape | null = null
  /** A preview of the record that gave the shape. */
  #first = ''
  #fields: FieldsAppender | null = null
  #values: ValueAppender[] = []
  #schema: Schema | null = null
  #rows = 0

  constructor(options: BatchBuilderOptions) {
    const declared = options.schema ?? null
    this.#declared = declared
    this.#state = {
      operator: options.operator,
      declared: declared !== null,
      appenderFor,
      record: undefined,
      bytes: 0,
    }
    this.#root = new ColumnPlace(this.#state, '', 0)
    if (declared !== null) this.#setShape(declared.shape, declared.fields)
  }

  /** Rows since the last build. */
  get rows(): number {
    return this.#rows
  }

  /** Bytes of column data since the last build: counted, so the same on every machine. */
  get sizeBytes(): number {
    return this.#state.bytes
  }

  isFull(): boolean {
    return this.#rows >= BATCH_ROWS || this.#state.bytes >= BATCH_BYTES
  }

  /** The declared schema, else that of everything seen so far; null before the first record. */
  get schema(): Schema | null {
    if (this.#declared !== null || this.#shape === null) return this.#declared
    const fields = this.#currentFields(this.#shape)
    if (this.#schema === null || this.#schema.fields !== fields) this.#schema = { shape: this.#shape, fields }
    return this.#schema
  }

  add(record: unknown): void {
    this.#state.record = record
    const shape = this.#shape
    if (shape === 'object') {
      if (typeof record !== 'object' || record === null || !isPlainObject(record)) this.#wrongShape(record)
      this.#fields!.append(record)
    } else if (shape === 'scalar') {
      if (typeof record === 'object' && record !== null && this.#declared === null) this.#checkScalar(record)
      const value = this.#values[0]!
      const next = value.append(record)
      if (next !== value) this.#values[0] = next
    } else if (shape === 'pair') {
      if (!Array.isArray(record) || record.length !== 2) this.#wrongShape(record)
      this.#values[0] = this.#values[0]!.append(record[0])
      this.#values[1] = this.#values[1]!.append(record[1])
    } else {
      this.#setShape(this.#shapeOf(record), null)
      this.#first = previewOf(record)
      this.add(record)
      return
    }
    this.#rows++
  }

  /** The rows since the last build as a batch that owns its memory; null where there are none. */
  build(): Batch | null {
    const { schema } = this
    if (schema === null || this.#rows === 0) return null
    const columns: readonly Column[] =
      this.#fields === null ? this.#values.map(v => v.take()) : this.#fields.take()
    const batch = { schema, length: this.#rows, columns }
    this.#rows = 0
    this.#state.bytes = 0
    this.#state.record = undefined
    return batch
  }

  #setShape(shape: RecordShape, declared: readonly Field[] | null): void {
    if (shape === 'record') throw new DunlinError('INTERNAL', 'fixed-length records are not built of objects')
    this.#shape = shape
    if (shape === 'object') {
      this.#fields = fieldsAppender(this.#root, declared ?? [])
      return
    }
    const names = shape === 'pair' ? ['key', 'value'] : ['value']
    this.#values = names.map((name, i) => {
      const place = this.#root.field(declared?.[i]?.name ?? name)
      return declared === null ? new NullAppender(place) : appenderOf(declared[i]!.type, place)
    })
  }

  #currentFields(shape: RecordShape): readonly Field[] {
    if (this.#fields !== null) return this.#fields.fields
    const before = this.#schema?.fields
    if (before !== undefined && this.#values.every((v, i) => v.type === before[i]!.type)) return before
    const names = shape === 'pair' ? ['key', 'value'] : ['value']
    return this.#values.map((v, i) => ({ name: names[i]!, type: v.type }))
  }

  #shapeOf(record: unknown): RecordShape {
    if (record === null || record === undefined) return 'scalar'
    const kind = kindOf(record)
    if (kind === undefined) this.#root.refuse(record)
    if (kind === 'object') return 'object'
    if (kind !== 'array') return 'scalar'
    if ((record as readonly unknown[]).length === 2) return 'pair'
    throw this.#root.error(
      'TYPE_MISMATCH',
      `an array of ${(record as readonly unknown[]).length} items is not a record: ${previewOf(record)}`,
      { hint: 'Wrap it in an object, or declare a schema.' },
    )
  }

  #checkScalar(record: object): void {
    if (this.#shapeOf(record) !== 'scalar') this.#wrongShape(record)
  }

  #wrongShape(record: unknown): never {
    const { operator } = this.#state
    const shape = this.#shape!
    const place = { operator, record: previewOf(record) }
    if (this.#declared !== null) {
      throw new DunlinError(
        'TYPE_MISMATCH',
        `the declared schema wants ${article(shape)}, but a record is ${previewOf(record)}`,
        {
          hint: 'Return records of that shape, or change the declared schema.',
          place,
        },
      )
    }
    const found = this.#shapeOf(record)
    throw new DunlinError(
      'TYPE_MISMATCH',
      `records of two shapes in one dataset: ${article(shape)}, ${this.#first}, and ${article(found)}, ${previewOf(record)}`,
      { hint: 'Give every record the same shape: a scalar, a [key, value] pair or a plain object.', place },
    )
  }
}

const article = (shape: RecordShape): string => (shape === 'object' ? 'an object' : `a ${shape}`)

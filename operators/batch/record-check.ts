/** RecordCheck: whether a value can be a record at all, whatever the records beside it are. */
import { BatchBuilder } from './batch-builder.ts'
import type { Schema } from './column-type.ts'
import { isPlainObject } from './value-kind.ts'

export interface RecordCheckOptions {
  /** The operator as `explain` names it, for messages. */
  readonly operator: string
  /** Declared: a record that does not fit is none. */
  readonly schema?: Schema
}

/**
 * Tells a record that is bad by itself (a function in a column, a lone surrogate, a value that is not of its declared
 * type) from two records that do not go together, of which nobody can say which one is wrong. The first kind can be
 * left out without any trace; `BatchBuilder` cannot take back what it has begun to add.
 *
 * Flat records of plain values are seen to be good at once; others are built on trial.
 */
export class RecordCheck {
  readonly #options: RecordCheckOptions
  /** Has held good records only; they need not go together, so that it may refuse what is good. */
  #trial: BatchBuilder

  constructor(options: RecordCheckOptions) {
    this.#options = options
    this.#trial = new BatchBuilder(options)
  }

  /** Null, or what a builder says of the record alone: a `DunlinError`, or what a getter of the record threw. */
  refusal(record: unknown): unknown {
    try {
      if (this.#options.schema === undefined && isFlat(record)) return null
      this.#trial.add(record)
      if (this.#trial.isFull()) this.#trial = new BatchBuilder(this.#options)
      return null
    } catch {
      this.#trial = new BatchBuilder(this.#options)
    }
    try {
      new BatchBuilder(this.#options).add(record)
      return null
    } catch (error) {
      return error
    }
  }
}

function isFlat(record: unknown): boolean {
  if (typeof record !== 'object' || record === null) return isPlain(record)
  if (Array.isArray(record)) return record.length === 2 && isPlain(record[0]) && isPlain(record[1])
  if (!isPlainObject(record)) return false
  for (const name in record) {
    if (!name.isWellFormed() || !isPlain((record as Record<string, unknown>)[name])) return false
  }
  return true
}

function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'undefined':
      return true
    case 'string':
      return value.isWellFormed()
    default:
      return value === null
  }
}

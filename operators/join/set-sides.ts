/** SetSides: whether records of two sides can be equal at all, for joins by all columns. */
import type { Schema } from '../batch/column-type.ts'
import { sameShape, schemaText, unifySchemas } from '../batch/schema.ts'
import { DunlinError } from '../errors.ts'
import { LEFT, RIGHT, type Side } from './join-plan.ts'

export class SetSides {
  readonly #operator: string
  readonly #schemas: [Schema | null, Schema | null] = [null, null]

  constructor(operator: string) {
    this.#operator = operator
  }

  /**
   * Takes in the schema of rows that came.
   *
   * @throws TYPE_MISMATCH when the other side's rows have another shape.
   */
  see(side: Side, schema: Schema): void {
    const before = this.#schemas[side]
    const unified = unifySchemas(before, schema, { operator: this.#operator })
    if (unified === before) return
    this.#schemas[side] = unified
    const [left, right] = this.#schemas
    if (left === null || right === null || sameShape(left, right)) return
    throw this.#mismatch('have two shapes', left, right, 'Map one side to records like those of the other.')
  }

  /**
   * To be called when both sides have ended: a column that they share may come late.
   *
   * @throws TYPE_MISMATCH when both have columns, but none in common.
   */
  end(): void {
    const [left, right] = this.#schemas
    if (left === null || right === null || left.fields.length === 0 || right.fields.length === 0) return
    const names = new Set(left.fields.map(field => field.name))
    if (right.fields.some(field => names.has(field.name))) return
    throw this.#mismatch(
      'have no column in common',
      left,
      right,
      'Records are compared column by column, by name: rename those of one side with select.',
    )
  }

  #mismatch(what: string, left: Schema, right: Schema, hint: string): DunlinError {
    const operator = this.#operator
    const sides = [left, right].map(schemaText)
    return new DunlinError(
      'TYPE_MISMATCH',
      `${operator}: the sides ${what}: ${sides[LEFT]} on the left and ${sides[RIGHT]} on the right`,
      { hint, place: { operator } },
    )
  }
}

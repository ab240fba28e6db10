/** JoinSchemas: what the rows of both sides have, as far as known, and so what the result has. */

import type { ColumnType, Field, Schema } from '../batch/column-type.ts'
import { nearestName } from '../batch/nearest-name.ts'
import { recordKey } from '../batch/record-key.ts'
import { typeText, unifySchemas } from '../batch/schema.ts'
import { DunlinError } from '../errors.ts'
import { type JoinPlan, type KeyPair, RIGHT, SIDE_NAMES, type Side } from './join-plan.ts'

/** A column of the result, and the column of each side that it comes from; −1 where it comes from none. */
interface LayoutColumn {
  readonly type: ColumnType
  /** By side; where both have the row, the left's value is taken. */
  readonly from: readonly [left: number, right: number]
}

export interface JoinLayout {
  readonly schema: Schema
  /** One a field of the schema. */
  readonly columns: readonly LayoutColumn[]
}

interface NamedColumn extends LayoutColumn {
  readonly name: string
}

const NOWHERE = -1

/**
 * Schemas widen while rows come. Those of the result widen with them, in the same way whether results have been given
 * meanwhile or not: names and order do not depend on the budget.
 */
export class JoinSchemas {
  readonly #plan: JoinPlan
  readonly #sides: [Schema | null, Schema | null] = [null, null]
  #layout: JoinLayout | null = null
  #result: Schema | null = null
  /** The names that columns of the right have in the result. */
  #rightNames = new Map<string, string>()

  constructor(plan: JoinPlan) {
    this.#plan = plan
  }

  /** What all rows of a side can be cast to; null where there were none. */
  of(side: Side): Schema | null {
    return this.#sides[side]
  }

  /** Takes in the schema of rows that came. */
  see(side: Side, schema: Schema): void {
    const before = this.#sides[side]
    const unified = unifySchemas(before, schema, { operator: this.#plan.operator })!
    if (unified === before) return
    this.#sides[side] = unified
    this.#layout = null
  }

  /**
   * What the result has by now. To be asked for when all of the built side is known, and then whenever the streamed
   * side's schema may have changed.
   *
   * @throws TYPE_MISMATCH for keys that cannot be compared; NAME_CLASH for names that would stand twice.
   */
  get layout(): JoinLayout {
    this.#layout ??= this.#newLayout()
    return this.#layout
  }

  #newLayout(): JoinLayout {
    const [left, right] = this.#sides
    const pairs = this.#pairs()
    if (left !== null && right !== null) this.#checkKeys(pairs, left, right)
    if (this.#plan.result !== 'pairs') return this.#ofLeft(left)
    const columns = this.#columns(pairs, left?.fields ?? [], right?.fields ?? [])
    const fields = columns.map(({ name, type }): Field => ({ name, type }))
    this.#result = unifySchemas(this.#result, { shape: 'object', fields }, { operator: this.#plan.operator })!
    const byName = new Map(columns.map(column => [column.name, column]))
    return {
      schema: this.#result,
      columns: this.#result.fields.map(({ name, type }) => ({ type, from: byName.get(name)!.from })),
    }
  }

  /** Rows of the left as they are. */
  #ofLeft(left: Schema | null): JoinLayout {
    const schema = left ?? { shape: 'object', fields: [] }
    return { schema, columns: schema.fields.map(({ type }, i) => ({ type, from: [i, NOWHERE] })) }
  }

  #pairs(): readonly KeyPair[] {
    const { keys } = this.#plan
    if (keys !== 'all') return keys
    const names = this.#sides.flatMap(schema => schema?.fields.map(field => field.name) ?? [])
    return [...new Set(names)].map(name => ({ left: name, right: name }))
  }

  #checkKeys(pairs: readonly KeyPair[], left: Schema, right: Schema): void {
    for (const pair of pairs) {
      const a = typeNamed(left, pair.left)
      const b = typeNamed(right, pair.right)
      if (a !== null && b !== null) this.#keyType(pair, a, b)
    }
  }

  /** The type that values of both key columns have in common. */
  #keyType({ left, right }: KeyPair, a: ColumnType, b: ColumnType): ColumnType {
    const { operator } = this.#plan
    try {
      return unifySchemas(oneColumn(left, a), oneColumn(left, b))!.fields[0]!.type
    } catch (cause) {
      throw new DunlinError(
        'TYPE_MISMATCH',
        `${operator}: the left's "${left}" is ${typeText(a)} and the right's "${right}" is ${typeText(b)}, which are never equal`,
        { cause, hint: 'Make both keys one type.', place: { operator } },
      )
    }
  }

  #columns(
    pairs: readonly KeyPair[],
    left: readonly Field[],
    right: readonly Field[],
  ): readonly NamedColumn[] {
    const { keepBuilt, keepStreamed, built } = this.#plan
    const keepRight = built === RIGHT ? keepBuilt : keepStreamed
    const rightAt = new Map(right.map((field, i) => [field.name, i]))
    // The first column of the right that a key is compared with is what stands for it; others stay columns of the right.
    const keys = new Map<string, KeyPair>()
    for (const pair of pairs) if (!keys.has(pair.left)) keys.set(pair.left, pair)
    const columns = left.map(({ name, type }, i): NamedColumn => {
      const pair = keys.get(name)
      const j = pair === undefined || !keepRight ? undefined : rightAt.get(pair.right)
      if (pair === undefined || j === undefined) return { name, type, from: [i, NOWHERE] }
      return { name, type: this.#keyType(pair, type, right[j]!.type), from: [i, j] }
    })
    const taken = new Set(left.map(field => field.name))
    for (const pair of keys.values()) {
      const j = rightAt.get(pair.right)
      if (taken.has(pair.left) || j === undefined || !keepRight) continue
      columns.push({ name: pair.left, type: right[j]!.type, from: [NOWHERE, j] })
    }
    for (const name of keys.keys()) taken.add(name)
    const stood = new Set([...keys.values()].map(pair => pair.right))
    const others = right.map((field, j) => ({ ...field, j })).filter(({ name }) => !stood.has(name))
    const names = this.#namesOfRight(
      others.map(({ name }) => name),
      taken,
    )
    return [
      ...columns,
      ...others.map(({ type, j }, i): NamedColumn => ({ name: names[i]!, type, from: [NOWHERE, j] })),
    ]
  }

  #namesOfRight(names: readonly string[], left: ReadonlySet<string>): readonly string[] {
    const { suffix } = this.#plan
    const taken = new Set(left)
    // Names that need no suffix first: they have the older claim.
    for (const name of names) if (!left.has(name)) taken.add(name)
    return names.map(name => {
      let named = name
      if (left.has(name)) {
        if (suffix === undefined) {
          throw this.#clash(
            `both sides have a column "${name}"`,
            "Give a suffix for the right's columns ({ suffix: '_right' }), or rename one with select.",
          )
        }
        named = name + suffix
        if (taken.has(named)) {
          throw this.#clash(
            `the right's column "${name}" would be "${named}", as another column is`,
            'Give another suffix, or rename one of the columns with select.',
          )
        }
        taken.add(named)
      }
      const before = this.#rightNames.get(name) ?? named
      if (before !== named) {
        throw this.#clash(
          `the left's column "${name}" first came when the right's had been given that name`,
          'Declare a schema for the left side.',
        )
      }
      this.#rightNames.set(name, named)
      return named
    })
  }

  #clash(what: string, hint: string): DunlinError {
    const { operator } = this.#plan
    return new DunlinError('NAME_CLASH', `${operator}: ${what}`, { hint, place: { operator } })
  }
}

/** The error for a key that no row of a side has. */
export function unknownKey(plan: JoinPlan, side: Side, key: string, names: readonly string[]): DunlinError {
  const near = nearestName(key, names)
  return new DunlinError(
    'UNKNOWN_COLUMN',
    `${plan.operator}: the ${SIDE_NAMES[side]} side has no column "${key}"; its records have ${names.join(', ')}`,
    {
      hint: near === undefined ? 'Name a column that the records have.' : `Did you mean "${near}"?`,
      place: { operator: plan.operator },
    },
  )
}

const oneColumn = (name: string, type: ColumnType): Schema => ({ shape: 'object', fields: [{ name, type }] })

/** The type of what `columnNamed` finds. */
function typeNamed(schema: Schema, name: string): ColumnType | null {
  if (schema.shape === 'record' && name === 'key') {
    return { kind: 'fixedBinary', byteLength: recordKey(schema)[1] }
  }
  return schema.fields.find(field => field.name === name)?.type ?? null
}

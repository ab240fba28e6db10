/** Declared columns, as people write them: `{ customer: 'utf8', amount: 'float64', tags: ['utf8'] }`. */
import { type ColumnType, DunlinError, type Schema } from '../../operators/index.ts'

/** `int64` reads as `number` (an error past 2^53), `bigint` as `bigint`. */
export type ColumnWord = keyof typeof WORDS

/** A word, a list `[item]`, or an object of columns. */
export type ColumnDeclaration = ColumnWord | readonly [ColumnDeclaration] | SchemaOption
/** Declared columns by name, in their order. A value is of the declared type or null. */
export interface SchemaOption {
  /** Of the column of this name. */
  readonly [column: string]: ColumnDeclaration
}

interface WordTypes {
  utf8: string
  float64: number
  int64: number
  bigint: bigint
  boolean: boolean
  timestamp: Date
  binary: Uint8Array
}

/** What a value of a declared column is in TypeScript; every column may hold null. */
export type ValueOf<D> = D extends keyof WordTypes
  ? WordTypes[D] | null
  : D extends readonly [infer Item]
    ? ValueOf<Item>[] | null
    : { -readonly [C in keyof D]: ValueOf<D[C]> } | null

/** The record that a declared schema describes. */
export type RecordOf<S extends SchemaOption> = { -readonly [C in keyof S]: ValueOf<S[C]> }

const WORDS = {
  utf8: { kind: 'utf8' },
  float64: { kind: 'number', width: 'float64' },
  int64: { kind: 'int64', as: 'number' },
  bigint: { kind: 'int64', as: 'bigint' },
  boolean: { kind: 'boolean' },
  timestamp: { kind: 'timestamp' },
  binary: { kind: 'binary' },
} as const satisfies Record<keyof WordTypes, ColumnType>

function columnType(path: string, declared: ColumnDeclaration): ColumnType {
  if (typeof declared === 'string' && Object.hasOwn(WORDS, declared)) return WORDS[declared]
  if (Array.isArray(declared) && declared.length === 1) {
    return { kind: 'list', item: columnType(`${path}[]`, declared[0]), as: 'Array' }
  }
  if (typeof declared === 'object' && declared !== null && !Array.isArray(declared)) {
    return { kind: 'struct', fields: fieldsOf(path, declared as SchemaOption) }
  }
  throw new DunlinError('INVALID_ARGUMENT', `schema: ${path} is declared as ${JSON.stringify(declared)}`, {
    hint: `Use one of ${Object.keys(WORDS).join(', ')}, [item] for a list, or an object of columns.`,
  })
}

function fieldsOf(path: string, schema: SchemaOption): Schema['fields'] {
  return Object.entries(schema).map(([name, declared]) => ({
    name,
    type: columnType(path === '' ? name : `${path}.${name}`, declared),
  }))
}

export function declaredSchema(schema: SchemaOption): Schema {
  return { shape: 'object', fields: fieldsOf('', schema) }
}

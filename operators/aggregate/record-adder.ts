/** The function that adds one record to an aggregation, generated for its keys, its aggregations and the records' shape. */
import type { RecordShape } from '../batch/column-type.ts'
import { isPlainObject } from '../batch/value-kind.ts'
import type { AggregatePlan } from './aggregate-plan.ts'
import type { Groups } from './groups.ts'
import { mayFail } from './skipping-keys.ts'

/** What the generated function calls besides groups, keys and accumulators. */
export interface AdderHost {
  /** A record of another shape: throws. */
  otherShape(record: unknown): never
  /** Column number `column` was undefined in a record. */
  absent(column: number, record: unknown): void
  /** Where bad records are skipped: what key functions return, by the number of the key; null for a skipped record. */
  keysOf(record: unknown): readonly unknown[] | null
  /** Called after each record. */
  added(): void
}

/** Of fixed-length records there are only batches. */
export type BuiltShape = Exclude<RecordShape, 'record'>
export type Adder = (record: unknown) => void
type Maker = (...args: unknown[]) => Adder

/** Makers by text: the tasks of a stage that meet in one worker share what the compiler has learnt. */
const makers = new Map<string, Maker>()
const MAX_MAKERS = 256

/**
 * Calls, per record: key functions, `init` of groups that are new, then each aggregation in order. `columns` are the
 * columns that are read, by the numbers that `absent` is told.
 */
export function recordAdder(
  plan: AggregatePlan,
  shape: BuiltShape,
  columns: readonly string[],
  groups: Groups,
  host: AdderHost,
): Adder {
  const keys = plan.keys === 'all' ? [] : plan.keys
  const variable = (column: string) => `v${columns.indexOf(column)}`
  const skips = mayFail(plan)
  const called = (k: number) => (skips ? `keys[${k}]` : `call${k}.call1(record)`)
  const codes = keys.map(
    (key, k) => `key${k}.codeOf(${key.call === undefined ? variable(key.column) : called(k)})`,
  )
  const adds = plan.aggregations.map((one, i) => {
    if (one.kind === 'rows') return `acc${i}.addRow(group)`
    return `acc${i}.add(group, ${one.kind === 'user' ? 'record' : variable(one.column)})`
  })
  const text = `return function add(record) {
  ${GUARDS[shape]}
  ${skips ? 'const keys = host.keysOf(record); if (keys === null) return' : ''}
  ${columns.map((column, c) => readText(shape, column, c)).join('\n  ')}
  ${groupText(codes)}
  if (table.count !== groups.begun) groups.begin()
  ${adds.join('\n  ')}
  host.added()
}`
  const values: Record<string, unknown> = {
    groups,
    table: groups.table,
    host,
    isPlainObject,
    codes: codes.map(() => new Int32Array(1)),
  }
  keys.forEach((key, k) => {
    values[`key${k}`] = groups.table.keys[k]
    values[`call${k}`] = key.call
  })
  plan.aggregations.forEach((one, i) => {
    values[`acc${i}`] = one.accumulator
  })
  const names = Object.keys(values)
  const maker = `${names.join()}\n${text}`
  let make = makers.get(maker)
  if (make === undefined) {
    if (makers.size === MAX_MAKERS) makers.clear()
    makers.set(maker, (make = new Function(...names, text) as Maker))
  }
  return make(...Object.values(values))
}

const GUARDS: Readonly<Record<BuiltShape, string>> = {
  object: `if (typeof record !== 'object' || record === null || !isPlainObject(record)) host.otherShape(record)`,
  pair: 'if (!Array.isArray(record) || record.length !== 2) host.otherShape(record)',
  scalar: `if (typeof record === 'object' && record !== null && (Array.isArray(record) || isPlainObject(record))) host.otherShape(record)`,
}

function readText(shape: BuiltShape, column: string, c: number): string {
  const name = JSON.stringify(column)
  let value = 'undefined'
  if (shape === 'scalar') {
    if (column === 'value') return `const v${c} = record`
  } else if (shape === 'pair') {
    if (column === 'key' || column === 'value') return `const v${c} = record[${column === 'key' ? 0 : 1}]`
  } else {
    // Names that every object inherits.
    value =
      column in Object.prototype
        ? `Object.hasOwn(record, ${name}) ? record[${name}] : undefined`
        : `record[${name}]`
  }
  return `const v${c} = ${value}; if (v${c} === undefined) host.absent(${c}, record)`
}

function groupText(codes: readonly string[]): string {
  if (codes.length === 0) return 'const group = 0; if (table.count === 0) table.count = 1'
  if (codes.length === 1)
    return `const group = ${codes[0]}; if (group === table.count) table.count = group + 1`
  return `${codes.map((code, k) => `codes[${k}][0] = ${code}`).join('; ')}; const group = table.groupOf(codes, 0)`
}
